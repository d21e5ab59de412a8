set local lock_timeout = '5s';

-- How a model may be asked to think, as its provider's list last said. It is the operator's.
create table gateway.model_thinking (
  provider text not null,
  -- As the provider calls it.
  model text not null,
  types text[] not null,
  efforts text[] not null,
  read_at timestamptz not null,
  primary key (provider, model)
);
grant select, insert, update on gateway.model_thinking to holdfast_app;
grant select on gateway.model_thinking to holdfast_operator;
