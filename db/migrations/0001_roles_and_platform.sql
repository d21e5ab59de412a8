-- The two roles exist before any migration runs (bin/migrate makes them):
--   holdfast_app       the login of every server process; owns nothing; NOINHERIT
--   holdfast_operator  granted to it, taken with SET LOCAL ROLE for operator screens and sweeps
create schema platform;
grant usage on schema platform to holdfast_app;

-- One row per Idempotency-Key in use: what was asked, whether it still runs, what was answered.
create table platform.idempotency_keys (
  org_id text not null,
  actor text not null,
  route text not null,
  key text not null,
  request_hash bytea not null,
  operation_id text not null,
  lease_until timestamptz,
  status smallint,
  answer jsonb,
  created_at timestamptz not null,
  primary key (org_id, actor, route, key)
);
create index idempotency_keys_age on platform.idempotency_keys (created_at);
alter table platform.idempotency_keys enable row level security, force row level security;
create policy tenant on platform.idempotency_keys to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
grant select, insert, update, delete on platform.idempotency_keys to holdfast_app;
