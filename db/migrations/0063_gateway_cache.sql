set local lock_timeout = '5s';

-- Answers that are given again for the same call: sealed, by a hash of all that makes it the same, until they expire.
create table gateway.cache_entries (
  org_id text not null,
  hash bytea not null,
  request_id text not null,
  streamed boolean not null,
  sealed bytea not null,
  model text not null,
  provider text not null,
  price_version text not null,
  -- What the call read and wrote, and what it cost: saved by each hit.
  tokens bigint not null,
  cost_micros bigint not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (org_id, hash)
);
create index cache_entries_expiring on gateway.cache_entries (expires_at);

-- What hits saved.
create table gateway.cache_hits (
  org_id text not null,
  request_id text not null,
  mode text not null check (mode in ('test', 'live')),
  model text not null,
  provider text not null,
  credential_id text not null,
  user_id text not null,
  project_id text not null,
  endpoint text not null,
  tokens_saved bigint not null,
  saved_micros bigint not null,
  created_at timestamptz not null,
  primary key (org_id, request_id)
);
create index cache_hits_made on gateway.cache_hits (org_id, created_at);

do $$
declare t text;
begin
  foreach t in array array['cache_entries', 'cache_hits'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update, delete on gateway.cache_entries to holdfast_app;
grant select, insert on gateway.cache_hits to holdfast_app;
grant select on gateway.cache_entries, gateway.cache_hits to holdfast_operator;
