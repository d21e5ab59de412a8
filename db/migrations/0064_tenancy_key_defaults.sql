set local lock_timeout = '5s';

-- What counts for a key's calls where a call says nothing; the gateway says what may stand in it.
alter table tenancy.api_keys add column defaults jsonb not null default '{}' check (jsonb_typeof(defaults) = 'object');
