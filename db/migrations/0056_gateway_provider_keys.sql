set local lock_timeout = '5s';

-- Keys of organizations at providers: their calls go by them, and cost no credits.
create table gateway.provider_keys (
  org_id text not null,
  id text not null,
  provider text not null,
  secret bytea not null,
  secret_last4 text not null,
  -- prefer: asked first; only: nobody else is asked by a key of the installation's, where this provider serves the model.
  use text not null check (use in ('prefer', 'only')),
  -- The installation's own key may serve, for credits, when this one cannot.
  fallback_to_platform boolean not null default false,
  state text not null default 'ok' check (state in ('ok', 'failing')),
  -- In a row, since it last worked.
  refusals smallint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, provider)
);
alter table gateway.provider_keys enable row level security, force row level security;
create policy tenant on gateway.provider_keys to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on gateway.provider_keys for select to holdfast_operator using (true);
grant select, insert, update, delete on gateway.provider_keys to holdfast_app;
grant select on gateway.provider_keys to holdfast_operator;

-- The organization's key that served the call; null: the installation's.
alter table gateway.requests add column own_key_id text;
