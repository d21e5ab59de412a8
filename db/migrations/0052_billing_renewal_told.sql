set local lock_timeout = '5s';

-- The end of the year that owners were told renews.
alter table billing.subscriptions add column renewal_told_for timestamptz;

-- Marks of trials end two years after their organization was deleted.
grant delete on billing.trial_marks to holdfast_app;
create index trial_marks_subscription on billing.trial_marks (subscription_id);

-- The tax in what was paid for an invoice.
alter table billing.payments add column tax_minor bigint not null default 0 check (tax_minor >= 0);
