set local lock_timeout = '5s';

-- What is in no sum yet is found by the transactions above the cursor of all organizations: a few seconds' attempts.
drop index gateway.attempts_of_org;
