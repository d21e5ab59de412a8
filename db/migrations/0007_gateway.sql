create schema gateway;
grant usage on schema gateway to holdfast_app, holdfast_operator;

-- One model call. Written with its hold, finished with its settlement.
create table gateway.requests (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  credential_id text not null,
  user_id text,
  endpoint text not null,
  model text not null,
  provider text not null,
  price_version text not null,
  streamed boolean not null,
  hold_id text not null,
  held_micros bigint not null,
  -- Upper bound of the prompt, so that a call nobody settled can be estimated.
  prompt_tokens_bound bigint not null,
  state text not null check (state in ('open', 'reconciling', 'settled', 'released')),
  generation_id text,
  -- Chunks with content that came from the provider, as of the last sign of life.
  delivered_events bigint not null default 0,
  outcome text,
  basis text check (basis in ('none', 'estimated', 'reported', 'reconciled')),
  -- What the customer paid, and the exact cost in USD that it stands for.
  cost_micros bigint,
  cost_usd numeric(38, 18),
  input_tokens bigint not null default 0,
  cache_read_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  created_at timestamptz not null,
  first_content_ms integer,
  finished_at timestamptz,
  lookups smallint not null default 0,
  -- While the call is open: when it is taken for dead. Afterwards: when the provider's books are asked; null when all is known.
  next_lookup_at timestamptz,
  primary key (org_id, id)
);
create index requests_listed on gateway.requests (org_id, created_at desc, id desc);
create index requests_due on gateway.requests (next_lookup_at) where next_lookup_at is not null;

-- What was tried and what it cost; append-only. A correction is a new row that holds the difference, so that the sum over a
-- request's rows is what it cost.
create table gateway.attempts (
  org_id text not null,
  id text not null,
  request_id text not null,
  provider text not null,
  model_served text not null,
  price_version text not null,
  input_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  -- Exact, in USD; what the caller is charged and what the provider bills us.
  cost_usd numeric(38, 18) not null,
  provider_cost_usd numeric(38, 18),
  basis text not null check (basis in ('none', 'estimated', 'reported', 'reconciled')),
  outcome text not null,
  created_at timestamptz not null,
  primary key (org_id, id)
);
create index attempts_request on gateway.attempts (org_id, request_id);

-- A call kept under an Idempotency-Key: which request it is, and its hash.
create table gateway.idempotency (
  org_id text not null,
  credential_id text not null,
  key text not null,
  request_hash bytea not null,
  request_id text not null,
  created_at timestamptz not null,
  primary key (org_id, credential_id, key)
);

create table gateway.price_versions (
  version text not null,
  model text not null,
  provider text not null,
  input_usd text not null,
  output_usd text not null,
  cache_read_usd text not null,
  cache_write_usd text not null,
  request_usd text not null,
  context_length bigint not null,
  max_output_tokens bigint not null,
  created_at timestamptz not null,
  primary key (version, model)
);

do $$
declare t text;
begin
  foreach t in array array['requests', 'attempts', 'idempotency'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on gateway.requests to holdfast_app;
grant select, insert on gateway.attempts, gateway.price_versions to holdfast_app;
grant select, insert, delete on gateway.idempotency to holdfast_app;
grant select on all tables in schema gateway to holdfast_operator;
