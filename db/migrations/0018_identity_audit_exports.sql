set local lock_timeout = '5s';

-- An exported audit trail, as JSON Lines in parts, for an hour.
create table identity.audit_exports (
  org_id text not null,
  job_id text not null,
  part integer not null check (part >= 0),
  lines text not null,
  last boolean not null,
  created_at timestamptz not null,
  primary key (org_id, job_id, part)
);
create index audit_exports_age on identity.audit_exports (created_at);
alter table identity.audit_exports enable row level security, force row level security;
create policy tenant on identity.audit_exports to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on identity.audit_exports for select to holdfast_operator using (true);
grant select, insert, delete on identity.audit_exports to holdfast_app;
grant select (org_id, created_at) on identity.audit_exports to holdfast_operator;
