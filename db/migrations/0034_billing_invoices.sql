set local lock_timeout = '5s';

-- What a company invoiced, as it says it; read from here, never asked for live.
create table billing.invoices (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  provider text not null check (provider in ('stripe', 'paypal')),
  provider_invoice_id text not null,
  subscription_id text not null,
  number text,
  status text not null check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
  reason text not null check (reason in ('create', 'cycle', 'update', 'other')),
  description text not null,
  currency text not null,
  subtotal_minor bigint not null,
  tax_minor bigint not null,
  total_minor bigint not null,
  due_minor bigint not null,
  paid_minor bigint not null,
  attempts int not null,
  next_attempt_at timestamptz,
  lines jsonb not null,
  pay_url text,
  -- The last payment of it that captured money.
  payment_id text,
  created_at timestamptz not null,
  paid_at timestamptz,
  as_of timestamptz not null,
  fetch_seq bigint not null default 0,
  primary key (org_id, id),
  unique (org_id, account_id, provider_invoice_id)
);
create unique index invoices_number on billing.invoices (account_id, number) where number is not null;
create index invoices_listed on billing.invoices (org_id, mode, created_at desc, id desc);

-- Who has had a trial: keyed hashes of a person, an address, a payer, an organization. They outlive what they were made of.
create table billing.trial_marks (
  kind text not null check (kind in ('user', 'email', 'payer', 'org')),
  hash bytea not null,
  subscription_id text not null,
  created_at timestamptz not null,
  primary key (kind, hash)
);

-- What a change of plan would cost; carrying it out charges exactly this. The row is what is carried on after an accident.
create table billing.previews (
  org_id text not null,
  id text not null,
  subscription_id text not null,
  direction text not null check (direction in ('up', 'down', 'same')),
  version_id text not null references billing.plan_versions (id),
  period text not null check (period in ('month', 'year')),
  quantity int not null,
  amount_minor bigint not null,
  currency text not null,
  due_now_minor bigint not null,
  credits_micros bigint not null,
  -- What the subscription was when the company was asked; another state makes the preview stale.
  from_version_id text not null,
  from_quantity int not null,
  from_period_start timestamptz not null,
  effective_at timestamptz not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  done_at timestamptz,
  primary key (org_id, id)
);
create index previews_subscription on billing.previews (org_id, subscription_id) where done_at is null;

-- Payments are made for more than packs: a subscription's invoice buys no credits by itself.
alter table billing.payments drop constraint payments_purpose_check;
alter table billing.payments add constraint payments_purpose_check check (purpose in ('credits', 'subscription', 'invoice'));
alter table billing.payments drop constraint payments_credits_micros_check;
alter table billing.payments add constraint payments_credits_micros_check check (credits_micros >= 0);
alter table billing.payments alter column pack_key drop not null;
alter table billing.payments add column invoice_id text;

do $$
declare t text;
begin
  foreach t in array array['invoices', 'previews'] loop
    execute format('alter table billing.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on billing.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on billing.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on billing.invoices, billing.previews to holdfast_app;
grant select, insert on billing.trial_marks to holdfast_app;
grant select on billing.invoices, billing.previews, billing.trial_marks to holdfast_operator;
