set local lock_timeout = '5s';

-- By which period what is scheduled is paid: a year may become months when it ends.
alter table billing.subscriptions add column scheduled_period text check (scheduled_period in ('month', 'year'));
update billing.subscriptions set scheduled_period = period where scheduled_at is not null;
