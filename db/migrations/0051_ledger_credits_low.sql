set local lock_timeout = '5s';

-- Of wallets: below it little is left of what there was after the last grant; zero once that was told.
alter table ledger.balances add column low_at bigint not null default 0;

-- Owners are told once that what a grant has left is about to end.
alter table ledger.grants add column expiry_told_at timestamptz;
create index grants_untold on ledger.grants (expires_at)
  where expires_at is not null and expiry_told_at is null and exhausted_at is null and expired_at is null
    and kind not in ('plan', 'trial');
