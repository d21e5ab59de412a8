set local lock_timeout = '5s';

-- At PayPal a trial is a part of the plan, so that a price has one with it and one without.
alter table billing.plan_prices add column trial_days int not null default 0 check (trial_days >= 0);
alter table billing.plan_prices drop constraint plan_prices_pkey;
alter table billing.plan_prices add primary key (account_id, version_id, currency, period, trial_days);

-- The last invoice number of an account whose company writes no invoices. It belongs to no organization.
create table billing.invoice_numbers (
  account_id text primary key,
  last bigint not null check (last > 0)
);
grant select, insert, update on billing.invoice_numbers to holdfast_app;
grant select on billing.invoice_numbers to holdfast_operator;

-- A change by PayPal goes on after its order: paid for, then agreed to there, or given up and paid back.
alter table billing.previews add column lines jsonb not null default '[]';
alter table billing.previews add column payment_id text;
alter table billing.previews add column approve_url text;
alter table billing.previews add column approve_until timestamptz;
alter table billing.previews add column failed_at timestamptz;
create index previews_ordered on billing.previews (used_at)
  where used_at is not null and done_at is null and failed_at is null;
create index previews_given_up on billing.previews (failed_at) where failed_at is not null and payment_id is not null;

-- A company that does not tell of a trial's end leaves it to our clock: once.
alter table billing.subscriptions add column trial_told_at timestamptz;
