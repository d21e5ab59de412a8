-- What a subscription begins with: a promotion as its company names it, a method that is kept.
set local lock_timeout = '5s';
alter table billing.subscriptions add column promotion_id text, add column method_id text;
