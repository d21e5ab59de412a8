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
  -- Part of a micro-credit that settlements have left over, in 10^-18 USD, below 10^10; on the wallet's row only.
  carry_atto bigint not null default 0 check (carry_atto >= 0 and carry_atto < 10000000000),
  primary key (org_id, account, unit, mode)
);

create table ledger.grants (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  unit text not null,
  kind text not null check (kind in ('plan', 'trial', 'gift', 'purchase', 'adjustment')),
  priority smallint not null default 50 check (priority between 0 and 100),
  reference text not null,
  amount bigint not null check (amount > 0),
  -- Not yet spent, held part included.
  remaining bigint not null check (remaining >= 0),
  held bigint not null default 0 check (held >= 0 and held <= remaining),
  clawed_back bigint not null default 0,
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, reference)
);
create index grants_open on ledger.grants (org_id, unit, mode) where remaining > 0;

create table ledger.holds (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  unit text not null,
  -- The module that asked, and whose reconciler answers when the deadline passes.
  owner text not null,
  amount bigint not null check (amount > 0),
  state text not null check (state in ('pending', 'captured', 'released', 'expired')),
  captured bigint not null default 0 check (captured >= 0),
  basis text check (basis in ('none', 'estimated', 'reported', 'reconciled')),
  deadline_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (org_id, id)
);
create index holds_open on ledger.holds (deadline_at) where state in ('pending', 'expired');

create table ledger.hold_grants (
  org_id text not null,
  hold_id text not null,
  grant_id text not null,
  amount bigint not null check (amount > 0),
  primary key (org_id, hold_id, grant_id)
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
