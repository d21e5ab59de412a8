create schema billing;
grant usage on schema billing to holdfast_app, holdfast_operator;

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
  -- Grows only after a definite refusal; part of the key sent to the company.
  attempt smallint not null default 1,
  operation_id text not null,
  success_url text not null,
  cancel_url text not null,
  session_id text,
  session_url text,
  session_expires_at timestamptz,
  intent_id text,
  charge_id text,
  refunded_minor bigint not null default 0,
  failure_code text,
  -- The time of what last wrote the state; older facts are skipped.
  as_of timestamptz not null,
  created_by text not null,
  created_at timestamptz not null,
  paid_at timestamptz,
  primary key (org_id, id),
  unique (org_id, operation_id)
);
create index payments_listed on billing.payments (org_id, created_at desc, id desc);

-- Directory: a provider object's organization, fixed at first sight.
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
  foreach t in array array['customers', 'payments'] loop
    execute format('alter table billing.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on billing.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on billing.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on billing.customers, billing.payments to holdfast_app;
grant select, insert on billing.object_orgs to holdfast_app;
grant select on all tables in schema billing to holdfast_operator;
