set local lock_timeout = '5s';

-- Prices of longer prompts and of times of the day, over a line's others; operators set them by hand as well.
alter table gateway.price_lines add column tiers jsonb not null default '[]' check (jsonb_typeof(tiers) = 'array');
alter table gateway.price_versions drop constraint price_versions_source_check;
alter table gateway.price_versions add constraint price_versions_source_check
  check (source in ('config', 'models', 'import', 'markup', 'operator')) not valid;
alter table gateway.price_versions validate constraint price_versions_source_check;
