set local lock_timeout = '5s';

-- Other ids that callers may use for a model; none is the id or alias of another.
alter table gateway.models add column aliases text[] not null default '{}';
