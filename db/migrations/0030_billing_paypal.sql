-- Payments by PayPal beside those by Stripe.
set local lock_timeout = '5s';
alter table billing.payments drop constraint payments_provider_check,
  add constraint payments_provider_check check (provider in ('stripe', 'paypal')) not valid;
alter table billing.payments validate constraint payments_provider_check;
-- Orders whose buyer is awaited; asked for when nothing is heard of them.
create index payments_open_orders on billing.payments (as_of)
  where provider = 'paypal' and status in ('requires_payment_method', 'requires_action', 'processing');
