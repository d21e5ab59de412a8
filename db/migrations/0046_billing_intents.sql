-- Payments that are confirmed by us with a method that is kept, rather than on a company's page.
set local lock_timeout = '5s';
create table billing.intents (
  org_id text not null,
  payment_id text not null,
  method_id text,
  off_session boolean not null,
  -- Tries begun, and the operation that began the last one.
  tries int not null default 0,
  operation_id text,
  -- When somebody last did something about it.
  acted_at timestamptz not null,
  -- When its owners were told that it waits for them.
  mailed_at timestamptz,
  primary key (org_id, payment_id)
);
alter table billing.intents enable row level security, force row level security;
create policy tenant on billing.intents to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.intents for select to holdfast_operator using (true);
grant select, insert, update on billing.intents to holdfast_app;
grant select on billing.intents to holdfast_operator;
create index payments_unpaid on billing.payments (created_at)
  where charge_id is null and status in ('creating', 'requires_payment_method', 'requires_action');
