set local lock_timeout = '5s';

-- Calls whose callers have left before the whole answer was sent, for a retry to join; of organizations that fold retries.
create table gateway.dropped_calls (
  org_id text not null,
  request_id text not null,
  credential_id text not null,
  -- Of what was asked.
  hash bytea not null,
  dropped_at timestamptz not null,
  primary key (org_id, request_id)
);
create index dropped_calls_same on gateway.dropped_calls (org_id, credential_id, hash, dropped_at);

alter table gateway.dropped_calls enable row level security, force row level security;
create policy tenant on gateway.dropped_calls to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
grant select, insert, delete on gateway.dropped_calls to holdfast_app;
