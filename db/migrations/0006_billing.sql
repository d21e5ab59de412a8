create schema billing;
grant usage on schema billing to holdfast_app, holdfast_operator;

-- The organization at the company. Without the company's id while it is being made there.
create table billing.customers (
  org_id text not null,
  account_id text not null,
  provider_customer_id text,
  created_at timestamptz not null,
  primary key (org_id, account_id)
);

-- One intended payment: committed as `creating` before the company is called.
create table billing.payments (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  provider text not null check (provider in ('stripe')),
  purpose text not null check (purpose in ('credits')),
  pack_key text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  credits_micros bigint not null check (credits_micros > 0),
  status text not null check (status in ('creating', 'requires_payment_method', 'requires_action', 'processing',
    'succeeded', 'failed', 'canceled', 'partially_refunded', 'refunded', 'disputed', 'reversed')),
  -- Grows only after a definite refusal, or when a looked-up outcome was absent twice; part of the key sent to the company.
  attempt smallint not null default 1,
  -- When the company was first found to know nothing of the running attempt.
  absent_since timestamptz,
  operation_id text not null,
  success_url text not null,
  cancel_url text not null,
  session_id text,
  session_url text,
  session_expires_at timestamptz,
  intent_id text,
  charge_id text,
  -- What refunds that neither failed nor were canceled have taken back.
  refunded_minor bigint not null default 0,
  failure_code text,
  -- Where the company's fee is found, and the fee once it is posted.
  fee_transaction_id text,
  fee_minor bigint,
  -- The time of what last wrote the state, and the number of the fetch that did; older facts are skipped.
  as_of timestamptz not null,
  fetch_seq bigint not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  paid_at timestamptz,
  primary key (org_id, id),
  unique (org_id, operation_id)
);
create index payments_listed on billing.payments (org_id, created_at desc, id desc);
create index payments_creating on billing.payments (created_at) where status = 'creating';
create index payments_fee_due on billing.payments (paid_at) where fee_transaction_id is not null and fee_minor is null;

-- Drawn before a payment is fetched: of two fetches, the one that was started later wins.
create sequence billing.fetch_seq;

create table billing.refunds (
  org_id text not null,
  -- The company's id.
  id text not null,
  account_id text not null,
  payment_id text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed', 'canceled')),
  -- Credits taken back with it; given back if it fails later.
  clawed_back_micros bigint not null default 0,
  created_at timestamptz not null,
  primary key (org_id, id)
);
create index refunds_payment on billing.refunds (org_id, payment_id);

-- Directory: a provider object's organization, fixed at first sight. Our own ids stand in it as well.
create table billing.object_orgs (
  account_id text not null,
  object_id text not null,
  org_id text not null,
  payment_id text,
  primary key (account_id, object_id)
);

do $$
declare t text;
begin
  foreach t in array array['customers', 'payments', 'refunds'] loop
    execute format('alter table billing.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on billing.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on billing.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on billing.customers, billing.payments, billing.refunds to holdfast_app;
grant select, insert on billing.object_orgs to holdfast_app;
grant usage on sequence billing.fetch_seq to holdfast_app;
grant select on all tables in schema billing to holdfast_operator;
