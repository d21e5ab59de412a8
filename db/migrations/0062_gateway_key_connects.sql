set local lock_timeout = '5s';

-- Keys that are being fetched by browser: the state that a person comes back with, once.
create table gateway.key_connects (
  org_id text not null,
  state_hash bytea not null,
  -- Sealed.
  verifier bytea not null,
  expires_at timestamptz not null,
  primary key (org_id, state_hash)
);
alter table gateway.key_connects enable row level security, force row level security;
create policy tenant on gateway.key_connects to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
grant select, insert, delete on gateway.key_connects to holdfast_app;
