-- Credits bought by themselves when few are left.
set local lock_timeout = '5s';
create table billing.auto_topups (
  org_id text not null,
  mode text not null check (mode in ('test', 'live')),
  enabled boolean not null,
  threshold_micros bigint not null check (threshold_micros > 0),
  amount_minor bigint not null check (amount_minor > 0),
  monthly_cap_minor bigint not null check (monthly_cap_minor >= amount_minor),
  currency text not null,
  method_id text not null,
  -- The last one, and while it is under way its operation.
  payment_id text,
  operation_id text,
  -- In a row.
  declines int not null default 0,
  off_reason text check (off_reason in ('declined', 'method_gone')),
  next_try_at timestamptz,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (org_id, mode)
);
create index auto_topups_on on billing.auto_topups (org_id) where enabled or operation_id is not null;
alter table billing.auto_topups enable row level security, force row level security;
create policy tenant on billing.auto_topups to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.auto_topups for select to holdfast_operator using (true);
grant select, insert, update on billing.auto_topups to holdfast_app;
grant select on billing.auto_topups to holdfast_operator;
