set local lock_timeout = '5s';

-- What is left to spend at a provider, as its account last said. It is the operator's.
create table gateway.provider_credits (
  provider text primary key,
  left_usd numeric(38, 18) not null,
  low boolean not null,
  asked_at timestamptz not null
);
grant select, insert, update, delete on gateway.provider_credits to holdfast_app;
grant select on gateway.provider_credits to holdfast_operator;
