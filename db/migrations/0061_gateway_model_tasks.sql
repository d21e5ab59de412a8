set local lock_timeout = '5s';

-- What a model does: it is called at the endpoints of its task alone.
alter table gateway.models
  add column task text not null default 'chat' check (task in ('chat', 'embedding'));
