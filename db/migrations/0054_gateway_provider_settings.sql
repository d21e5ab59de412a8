set local lock_timeout = '5s';

-- What an operator lays down for a provider. Null: as its kind has it, or as everywhere.
alter table gateway.providers
  -- On top of what a call costs there; new versions of its prices are made with it.
  add column markup_percent integer not null default 0 check (markup_percent between 0 and 500),
  add column on_disconnect text check (on_disconnect in ('abort', 'drain')),
  add column timeouts jsonb;

-- Prices are stored as the provider lists them; whoever calls pays so many percent more.
alter table gateway.price_lines
  add column markup_percent integer not null default 0 check (markup_percent between 0 and 500);

-- A version that is another one with a markup of today.
alter table gateway.price_versions
  drop constraint price_versions_source_check,
  add constraint price_versions_source_check check (source in ('config', 'models', 'import', 'markup'));

-- The part of the cost that was put on top of the providers' bills.
alter table gateway.usage_hour add column markup_usd numeric(38,18) not null default 0;
