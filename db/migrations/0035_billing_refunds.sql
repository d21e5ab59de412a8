-- Refunds that operators ask for: committed before the company is told. What the company made of them is in `refunds`.
set local lock_timeout = '5s';
create table billing.refund_requests (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  payment_id text not null,
  kind text not null check (kind in ('full', 'partial')),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  reason text not null check (reason in ('duplicate', 'fraudulent', 'requested', 'other')),
  note text,
  -- False: the organization keeps the credits.
  clawback boolean not null,
  -- `sent` once the company has it: what becomes of it is then its own row's status.
  state text not null check (state in ('awaiting_approval', 'requested', 'sent', 'refused')),
  -- Grows only after a definite refusal, or when a looked-up outcome was absent twice; part of the key sent to the company.
  attempt smallint not null default 1,
  attempt_at timestamptz not null,
  absent_since timestamptz,
  -- The company's id.
  refund_id text,
  failure_code text,
  operation_id text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  primary key (org_id, id),
  unique (org_id, operation_id)
);
create index refund_requests_payment on billing.refund_requests (org_id, payment_id);
create index refund_requests_due on billing.refund_requests (attempt_at) where state = 'requested';

alter table billing.refund_requests enable row level security, force row level security;
create policy tenant on billing.refund_requests to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.refund_requests for select to holdfast_operator using (true);
grant select, insert, update on billing.refund_requests to holdfast_app;
grant select on billing.refund_requests to holdfast_operator;

-- The organization keeps the credits that this refund's money bought.
alter table billing.refunds add column keeps_credits boolean not null default false;
create index refunds_listed on billing.refunds (created_at desc, id desc);

-- Buyers' banks that take the money back. Money moves by the lines that the company books for it, in and out.
create table billing.disputes (
  org_id text not null,
  -- The company's id.
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  payment_id text not null,
  charge_id text not null,
  amount_minor bigint not null,
  currency text not null,
  reason text not null,
  -- The company's word; won, lost and warning_closed are the last.
  status text not null,
  -- Taken by the bank and not given back.
  withdrawn_minor bigint not null default 0,
  fee_minor bigint not null default 0,
  -- Lines of the company that were posted.
  lines text[] not null default '{}',
  evidence_due_at timestamptz,
  created_at timestamptz not null,
  closed_at timestamptz,
  as_of timestamptz not null,
  primary key (org_id, id)
);
create index disputes_payment on billing.disputes (org_id, payment_id);
create index disputes_listed on billing.disputes (created_at desc, id desc);
alter table billing.disputes enable row level security, force row level security;
create policy tenant on billing.disputes to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.disputes for select to holdfast_operator using (true);
grant select, insert, update on billing.disputes to holdfast_app;
grant select on billing.disputes to holdfast_operator;

-- What disputes have taken of the payment and not given back, and how the last one stands.
alter table billing.payments add column disputed_minor bigint not null default 0;
alter table billing.payments add column dispute text check (dispute in ('open', 'lost'));
