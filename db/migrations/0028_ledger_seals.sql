create index balances_suspense on ledger.balances (unit, mode) where account = 'suspense';

-- One chain for all books. Never changed, never deleted.
create table ledger.seals (
  number bigint primary key check (number > 0),
  -- Everything posted before it and in no earlier seal is in this one.
  sealed_before timestamptz not null unique,
  previous_hash bytea not null,
  hash bytea not null,
  transaction_count bigint not null,
  entry_count bigint not null,
  sealed_at timestamptz not null
);

-- Which seal a transaction is in, with what its content was: the primary key puts each into one seal at most.
create table ledger.seal_members (
  org_id text not null,
  transaction_id text not null,
  seal_number bigint not null,
  -- SHA-256 of each entry, one after the other, by position.
  entry_hashes bytea not null,
  -- SHA-256 of the transaction's row and `entry_hashes`.
  hash bytea not null,
  primary key (org_id, transaction_id)
);
create index seal_members_listed on ledger.seal_members (seal_number, transaction_id collate "C", org_id collate "C");

-- What the nightly check of all books found.
create table ledger.checks (
  day text primary key,
  checked_at timestamptz not null,
  ok boolean not null,
  faults jsonb not null
);

alter table ledger.seal_members enable row level security, force row level security;
create policy tenant on ledger.seal_members to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
-- A seal covers all books in one transaction, which only the operator's role sees.
create policy operator_reads on ledger.seal_members for select to holdfast_operator using (true);
create policy operator_seals on ledger.seal_members for insert to holdfast_operator with check (true);
grant select on ledger.seal_members, ledger.seals to holdfast_app;
grant select, insert on ledger.seal_members, ledger.seals, ledger.checks to holdfast_operator;
