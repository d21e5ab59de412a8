-- Disputes of both companies, and what lost ones keep of a payment; refunds that end a subscription or share out its period.
set local lock_timeout = '5s';
alter table billing.disputes
  add column provider text not null default 'stripe' check (provider in ('stripe', 'paypal')),
  -- Drawn before the company was asked for what stands here.
  add column fetch_seq bigint not null default 0,
  add column clawed_back_micros bigint not null default 0;

-- What lost disputes took of the payment; its credits went with it.
alter table billing.payments add column lost_minor bigint not null default 0;

alter table billing.refund_requests
  drop constraint refund_requests_kind_check,
  add constraint refund_requests_kind_check check (kind in ('full', 'partial', 'prorated')),
  add column cancel_subscription text not null default 'none' check (cancel_subscription in ('none', 'period_end', 'now')),
  -- When that was done at the company.
  add column cancelled_at timestamptz;
create index refund_requests_to_cancel on billing.refund_requests (requested_at)
  where state = 'sent' and cancel_subscription <> 'none' and cancelled_at is null;
