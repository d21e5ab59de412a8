set local lock_timeout = '5s';

-- When a wallet that PayPal did not forget is asked for again; null: as soon as possible.
alter table billing.payment_methods add column next_try_at timestamptz;
