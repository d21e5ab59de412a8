-- The companies' books beside ours. It belongs to the operator, so it has no tenant.
set local lock_timeout = '5s';
create schema payments;
grant usage on schema payments to holdfast_app, holdfast_operator;

-- One account's list at its company, and how far it was read.
create table payments.books (
  account_id text primary key,
  source text not null,
  mode text not null check (mode in ('test', 'live')),
  read_until timestamptz not null
);

-- What a company booked, as it lists it, and what was found beside it when it was last compared.
create table payments.provider_transactions (
  account_id text not null,
  id text not null,
  kind text not null check (kind in
    ('captured', 'refunded', 'refund_failed', 'dispute', 'payout', 'payout_failed', 'account')),
  -- The charge, refund, dispute or payout that it books; the transaction itself where there is none.
  object_id text not null,
  amount_minor bigint not null,
  fee_minor bigint not null,
  net_minor bigint not null,
  currency text not null,
  occurred_at timestamptz not null,
  first_seen_at timestamptz not null,
  -- What the ledger must call the movement, and its fee.
  reference text not null,
  fee_reference text not null,
  -- Of the last comparison.
  compared_at timestamptz,
  events integer not null default 0,
  effects integer not null default 0,
  effects_net_minor bigint not null default 0,
  matched boolean not null default false,
  primary key (account_id, id)
);
create index provider_transactions_time on payments.provider_transactions (account_id, occurred_at);
create index provider_transactions_reference on payments.provider_transactions (account_id, reference);
create index provider_transactions_fee on payments.provider_transactions (account_id, fee_reference);

-- One comparison of a stretch of time, on demand or nightly.
create table payments.runs (
  id text primary key,
  account_id text not null,
  mode text not null check (mode in ('test', 'live')),
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- The UTC day whose night started it.
  night text,
  state text not null check (state in ('queued', 'running', 'completed', 'failed')),
  days integer not null check (days between 1 and 32),
  days_done integer not null default 0,
  -- False while the company may still add to the time that was read.
  complete boolean not null default false,
  -- Per currency, each side's count and sum, as text.
  totals jsonb not null default '[]',
  error_code text,
  created_by text,
  created_at timestamptz not null,
  touched_at timestamptz not null,
  finished_at timestamptz,
  unique (account_id, night)
);
create unique index runs_one_at_a_time on payments.runs (account_id) where state in ('queued', 'running');
create index runs_listed on payments.runs (created_at desc, id desc);

-- What the three sides do not agree on. Found again it is the same row.
create table payments.breaks (
  id text primary key,
  account_id text not null,
  mode text not null check (mode in ('test', 'live')),
  -- What it is about: provider:txn_1, ledger:txn_…, hold:hold_…, payment:pay_…, refund:ref_….
  side text not null,
  kind text not null check (kind in ('missing_event', 'missing_ledger', 'missing_provider', 'duplicate_ledger',
    'amount_mismatch', 'fee_mismatch', 'currency_mismatch', 'duplicate_payment', 'state_mismatch', 'expired_hold',
    'unknown_outcome')),
  state text not null check (state in ('late', 'open', 'resolved', 'accepted')),
  org_id text,
  -- At stake, in the currency's minor units or, for credits, micro-credits; of a mismatch the difference.
  amount bigint not null,
  currency text not null,
  action text not null,
  -- What each side says: {provider, event, ledger}.
  sides jsonb not null,
  -- When what it is about happened; its age counts from here.
  occurred_at timestamptz not null,
  first_seen_at timestamptz not null,
  seen_at timestamptz not null,
  -- By whom or what it was ended, and why.
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  note text,
  -- When operators were told of it.
  told_at timestamptz,
  unique (account_id, side, kind)
);
create index breaks_listed on payments.breaks (occurred_at desc, id desc);
create index breaks_unsettled on payments.breaks (account_id, occurred_at) where state in ('late', 'open');

grant select, insert, update on all tables in schema payments to holdfast_app;
grant select on all tables in schema payments to holdfast_operator;

-- A movement of cash is looked for in every organization's book. Holds and grants, which are many, stay out of it.
create index transactions_cash on ledger.transactions (reference)
  where reference like 'stripe:%' or reference like 'paypal:%';
