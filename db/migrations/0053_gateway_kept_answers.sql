set local lock_timeout = '5s';

-- Answers of calls that came with an Idempotency-Key, sealed, for a day: who asks again gets the same.
create table gateway.kept_answers (
  org_id text not null,
  request_id text not null,
  streamed boolean not null,
  sealed bytea not null,
  created_at timestamptz not null,
  primary key (org_id, request_id)
);
create index kept_answers_made on gateway.kept_answers (created_at);
alter table gateway.kept_answers enable row level security, force row level security;
create policy tenant on gateway.kept_answers to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on gateway.kept_answers for select to holdfast_operator using (true);
grant select, insert, delete on gateway.kept_answers to holdfast_app;
grant select on gateway.kept_answers to holdfast_operator;
