set local lock_timeout = '5s';

-- What a provider bills for a model beside its table, as last judged. It is the operator's.
create table gateway.price_drifts (
  provider text not null,
  model text not null,
  version text not null,
  state text not null check (state in ('ok', 'drifting', 'paused')),
  calls bigint not null,
  billed_usd numeric(38, 18) not null,
  table_usd numeric(38, 18) not null,
  judged_at timestamptz not null,
  primary key (provider, model)
);
grant select, insert, update on gateway.price_drifts to holdfast_app;
grant select on gateway.price_drifts to holdfast_operator;
