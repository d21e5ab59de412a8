set local lock_timeout = '5s';

-- Tokens live from minutes to a month: they are purged by their end, not their beginning.
drop index identity.one_time_tokens_age;
create index one_time_tokens_age on identity.one_time_tokens (expires_at);
