set local lock_timeout = '5s';

-- Prices of tokens within others: writes that the provider's cache keeps for an hour, and reasoning. Null: they cost what the
-- others do. Reasoning is counted already; of written tokens those that are kept for an hour are now as well.
alter table gateway.price_lines add column reasoning_usd text;
alter table gateway.requests add column cache_write_1h_tokens bigint not null default 0;
alter table gateway.attempts add column cache_write_1h_tokens bigint not null default 0;
