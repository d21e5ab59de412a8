set local lock_timeout = '5s';

-- What a member may do besides, or in spite of, the role. One row decides one permission.
create table tenancy.overrides (
  org_id text not null,
  user_id text not null,
  permission text not null,
  granted boolean not null,
  given_by text not null,
  created_at timestamptz not null,
  primary key (org_id, user_id, permission),
  foreign key (org_id, user_id) references tenancy.memberships (org_id, user_id) on delete cascade
);
alter table tenancy.overrides enable row level security, force row level security;
create policy tenant on tenancy.overrides to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on tenancy.overrides for select to holdfast_operator using (true);
grant select, insert, update, delete on tenancy.overrides to holdfast_app;
grant select on tenancy.overrides to holdfast_operator;
