create schema ledger;
grant usage on schema ledger to holdfast_app, holdfast_operator;

-- A transaction moves amounts between accounts of one organization's book. Never changed, never deleted.
create table ledger.transactions (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  kind text not null,
  -- What moved, named once for ever: stripe:acct_1:ch_9:captured, pay_5:credits, hold_7:held, hold_7:settled.
  reference text not null,
  posted_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, reference)
);

create table ledger.entries (
  org_id text not null,
  transaction_id text not null,
  position smallint not null,
  mode text not null,
  account text not null,
  unit text not null,
  amount bigint not null,
  primary key (org_id, transaction_id, position)
);

-- Sum of entries per account; the row that a posting locks.
create table ledger.balances (
  org_id text not null,
  account text not null,
  unit text not null,
  mode text not null,
  balance bigint not null,
  -- Part of a micro-credit that settlements have left over, in 10^-18 USD; on the wallet's row only. Below zero when a
  -- corrected cost leaves more to return than its own hold had captured.
  carry_atto bigint not null default 0 check (carry_atto < 10000000000),
  primary key (org_id, account, unit, mode)
) with (fillfactor = 50);

create table ledger.grants (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  unit text not null,
  kind text not null check (kind in ('plan', 'trial', 'gift', 'purchase', 'adjustment')),
  -- Its place among grants of the same priority and expiry.
  kind_order smallint not null generated always as (
    case kind when 'plan' then 1 when 'trial' then 2 when 'gift' then 3 when 'purchase' then 4 else 5 end) stored,
  priority smallint not null default 50 check (priority between 0 and 100),
  reference text not null,
  amount bigint not null check (amount > 0),
  -- Not yet spent, held part included.
  remaining bigint not null check (remaining >= 0 and remaining <= amount),
  held bigint not null default 0 check (held >= 0 and held <= remaining),
  -- Taken back so far, the pending part included.
  clawed_back bigint not null default 0 check (clawed_back >= 0 and clawed_back <= amount),
  -- To be taken from what is held, when that hold ends.
  claw_pending bigint not null default 0 check (claw_pending >= 0 and claw_pending <= held),
  expires_at timestamptz,
  -- Set by the first expiry, so that clocks that differ a little agree from then on.
  expired_at timestamptz,
  -- Set while nothing remains. The indexes below ask for it rather than for amounts, which change with every call.
  exhausted_at timestamptz,
  created_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, reference),
  check ((exhausted_at is null) = (remaining > 0))
) with (fillfactor = 50);
-- The order in which grants are spent.
create index grants_burn on ledger.grants
  (org_id, mode, unit, priority, expires_at, kind_order, created_at, id) where exhausted_at is null;
create index grants_expiring on ledger.grants (org_id, mode, unit, expires_at)
  where exhausted_at is null and expired_at is null and expires_at is not null;

create table ledger.holds (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  unit text not null,
  -- The module that asked, and whose reconciler answers when the deadline passes.
  owner text not null,
  amount bigint not null check (amount > 0),
  state text not null check (state in ('pending', 'captured', 'released', 'expired')),
  -- All that the customer paid, beyond the hold included.
  captured bigint not null default 0 check (captured >= 0),
  written_off bigint not null default 0 check (written_off >= 0),
  -- The exact cost, in 10^-18 USD for credits.
  cost_atto numeric(38, 0),
  basis text check (basis in ('none', 'estimated', 'reported', 'reconciled')),
  loss_account text,
  transaction_id text,
  deadline_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (org_id, id)
);
create index holds_open on ledger.holds (org_id, mode, unit) where state in ('pending', 'expired');
create index holds_due on ledger.holds (deadline_at) where state = 'pending';

-- Which grants a hold draws on, in order. What was captured is taken from the parts in this order.
create table ledger.hold_grants (
  org_id text not null,
  hold_id text not null,
  position smallint not null,
  grant_id text not null,
  amount bigint not null check (amount > 0),
  primary key (org_id, hold_id, position)
);

do $$
declare t text;
begin
  foreach t in array array['transactions', 'entries', 'balances', 'grants', 'holds', 'hold_grants'] loop
    execute format('alter table ledger.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on ledger.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on ledger.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert on ledger.transactions, ledger.entries to holdfast_app;
grant select, insert, update on ledger.balances, ledger.grants, ledger.holds to holdfast_app;
grant select, insert, delete on ledger.hold_grants to holdfast_app;
grant select on all tables in schema ledger to holdfast_operator;

-- A statement that inserts entries inserts whole transactions: per transaction and unit they sum to zero.
create function ledger.refuse_imbalance() returns trigger language plpgsql as $$
begin
  if exists (select 1 from inserted group by org_id, transaction_id, unit having sum(amount) <> 0) then
    raise exception 'entries do not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger entries_balance after insert on ledger.entries
  referencing new table as inserted for each statement execute function ledger.refuse_imbalance();
