set local lock_timeout = '5s';

-- What a plan of the plans file said, kept for those who subscribed while it did. The id follows from the content.
create table billing.plan_versions (
  id text primary key,
  plan_key text not null,
  number int not null,
  content jsonb not null,
  created_at timestamptz not null,
  unique (plan_key, number)
);

-- Where a price of a version is found at a company.
create table billing.plan_prices (
  account_id text not null,
  version_id text not null references billing.plan_versions (id),
  currency text not null,
  period text not null check (period in ('month', 'year')),
  provider_product_id text not null,
  provider_price_id text not null,
  created_at timestamptz not null,
  primary key (account_id, version_id, currency, period),
  unique (account_id, provider_price_id)
);

-- One subscription, wanted or live: committed as `creating` before a company is called. `none` sells nothing: a gift.
create table billing.subscriptions (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  provider text not null check (provider in ('stripe', 'paypal', 'none')),
  plan_key text not null,
  version_id text not null references billing.plan_versions (id),
  period text not null check (period in ('month', 'year')),
  currency text not null,
  -- Of one unit and period.
  amount_minor bigint not null check (amount_minor >= 0),
  quantity int not null check (quantity between 1 and 1000),
  status text not null check (status in ('creating', 'incomplete', 'trialing', 'active', 'past_due', 'suspended', 'paused',
    'canceled', 'duplicate')),
  -- As the company says it: grace ends by our clock too, while the company goes on trying.
  provider_status text,
  trial_days int,
  -- Part of the key sent to the company; grows only after a definite refusal, or when an outcome was absent twice.
  attempt smallint not null default 1,
  absent_since timestamptz,
  operation_id text not null,
  success_url text,
  cancel_url text,
  session_id text,
  session_url text,
  session_expires_at timestamptz,
  provider_subscription_id text,
  provider_item_id text,
  period_start timestamptz,
  period_end timestamptz,
  trial_ends_at timestamptz,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  ended_at timestamptz,
  cancel_reason text,
  cancel_feedback text,
  -- What it becomes at the end of the period. The company knows its price already.
  scheduled_version_id text references billing.plan_versions (id),
  scheduled_amount_minor bigint,
  scheduled_quantity int,
  scheduled_at timestamptz,
  failed_payments int not null default 0,
  past_due_since timestamptz,
  suspended_at timestamptz,
  -- When our clock gives the next month's credits: of a year that was paid at once, of a gift.
  credits_due_at timestamptz,
  credits_given int not null default 0,
  as_of timestamptz not null,
  fetch_seq bigint not null default 0,
  created_by text not null,
  created_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, operation_id)
);
-- One live subscription, and one that is being made.
create unique index subscriptions_live on billing.subscriptions (org_id, mode)
  where status in ('trialing', 'active', 'past_due', 'suspended', 'paused');
create unique index subscriptions_open on billing.subscriptions (org_id, mode) where status in ('creating', 'incomplete');
create index subscriptions_due on billing.subscriptions (period_end) where status <> 'canceled' and status <> 'duplicate';
create index subscriptions_listed on billing.subscriptions (mode, created_at);

alter table billing.object_orgs add column subscription_id text;

-- The month of an organization on the free plan, counted from its own day.
create table billing.free_months (
  org_id text not null,
  mode text not null check (mode in ('test', 'live')),
  anchor_at timestamptz not null,
  given int not null default 0,
  due_at timestamptz not null,
  primary key (org_id, mode)
);
create index free_months_due on billing.free_months (due_at);

do $$
declare t text;
begin
  foreach t in array array['subscriptions', 'free_months'] loop
    execute format('alter table billing.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on billing.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on billing.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on billing.subscriptions, billing.free_months to holdfast_app;
grant select, insert on billing.plan_versions, billing.plan_prices to holdfast_app;
grant select on billing.subscriptions, billing.free_months, billing.plan_versions, billing.plan_prices to holdfast_operator;
