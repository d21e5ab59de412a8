set local lock_timeout = '5s';

-- What callers of a plan pay on top instead of the provider's markup, in percent by the plan's key.
alter table gateway.providers add column plan_markups jsonb not null default '{}' check (jsonb_typeof(plan_markups) = 'object');
