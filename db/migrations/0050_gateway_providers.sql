set local lock_timeout = '5s';

-- Whom model calls may go to. Without an address or secret of its own a row takes them from the environment.
create table gateway.providers (
  id text primary key,
  kind text not null check (kind in ('openrouter', 'glama', 'requesty', 'openai', 'anthropic', 'compatible')),
  base_url text,
  secret bytea,
  secret_last4 text,
  enabled boolean not null default true,
  -- Its address may lie in a private network.
  private_address boolean not null default false,
  -- Whose figure is charged: the provider's own where it gives one, or counts by the price table.
  cost_basis text not null default 'provider' check (cost_basis in ('provider', 'table')),
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table gateway.models (
  id text primary key,
  name text not null,
  created bigint not null,
  -- The most an image can count; null where the model takes none.
  image_tokens bigint,
  paused boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Lines of a version, one per model; never edited.
alter table gateway.price_versions rename to price_lines;
alter index gateway.price_versions_pkey rename to price_lines_pkey;
alter table gateway.price_lines
  -- What the provider calls the model; null: as we do.
  add column upstream_model text,
  -- A cache entry that lives an hour; null: as `cache_write_usd`.
  add column cache_write_1h_usd text;

-- The whole price list of a provider at a time. An operator decides about a draft.
create table gateway.price_versions (
  version text primary key,
  provider text not null,
  state text not null check (state in ('draft', 'active', 'retired', 'rejected')),
  source text not null check (source in ('config', 'models', 'import')),
  created_at timestamptz not null,
  decided_at timestamptz,
  decided_by text
);
create unique index price_versions_active on gateway.price_versions (provider) where state = 'active';
create index price_versions_listed on gateway.price_versions (created_at desc, version desc);

insert into gateway.price_versions (version, provider, state, source, created_at)
select version, provider,
       case when row_number() over (partition by provider order by created_at desc, version desc) = 1
         then 'active' else 'retired' end,
       'config', created_at
from (select version, min(provider) as provider, min(created_at) as created_at
      from gateway.price_lines group by version) v;

-- Failed attempts that the provider may have billed: asked until its books tell, then a loss or nothing.
create table gateway.loss_lookups (
  org_id text not null,
  id text not null,
  request_id text not null,
  provider text not null,
  model text not null,
  price_version text not null,
  generation_id text not null,
  outcome text not null,
  lookups smallint not null default 0,
  next_lookup_at timestamptz not null,
  primary key (org_id, id)
);
create index loss_lookups_due on gateway.loss_lookups (next_lookup_at);

create table gateway.policies (
  org_id text not null primary key,
  policy jsonb not null,
  updated_at timestamptz not null
);

do $$
declare t text;
begin
  foreach t in array array['loss_lookups', 'policies'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on gateway.providers, gateway.models, gateway.price_versions to holdfast_app;
grant select, insert, update, delete on gateway.loss_lookups to holdfast_app;
grant select, insert, update on gateway.policies to holdfast_app;
grant select on gateway.providers, gateway.models, gateway.price_versions, gateway.loss_lookups, gateway.policies
  to holdfast_operator;
