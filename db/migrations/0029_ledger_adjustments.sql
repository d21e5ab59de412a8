-- What operators give and take by hand; above a bound it waits for a second operator.
create table ledger.adjustments (
  org_id text not null,
  id text not null,
  -- The request that made it; its retries find this row.
  operation_id text not null,
  mode text not null check (mode in ('test', 'live')),
  type text not null check (type in ('grant', 'adjustment')),
  unit text not null,
  -- Below zero takes back.
  amount bigint not null check (amount <> 0),
  expires_at timestamptz,
  reason text not null,
  state text not null check (state in ('pending', 'posted', 'rejected')),
  requested_by text not null,
  requested_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  primary key (org_id, id),
  unique (org_id, operation_id),
  check (type = 'adjustment' or amount > 0)
);
create index adjustments_listed on ledger.adjustments (requested_at desc, id desc);

alter table ledger.adjustments enable row level security, force row level security;
create policy tenant on ledger.adjustments to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on ledger.adjustments for select to holdfast_operator using (true);
grant select, insert, update on ledger.adjustments to holdfast_app;
grant select on ledger.adjustments to holdfast_operator;
