set local lock_timeout = '5s';

-- What costs nothing is a hold like any other, which an empty wallet can take.
alter table ledger.holds drop constraint holds_amount_check;
alter table ledger.holds add constraint holds_amount_check check (amount >= 0) not valid;
alter table ledger.holds validate constraint holds_amount_check;
