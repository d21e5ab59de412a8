-- Endpoints that operators add, the secrets of each, and what PayPal calls a transmission.
alter table webhooks.endpoints
  drop constraint endpoints_source_account_id_mode_key,
  add column provider_webhook_id text,
  -- The account's endpoint from configuration: /webhooks/{source}, and where backfill stores.
  add column is_default boolean not null default false,
  -- Made at the company by us, and so removed there with the row.
  add column is_remote boolean not null default false,
  add column cap_per_minute integer check (cap_per_minute between 1 and 1000000),
  -- Its events keep naming it.
  add column deleted_at timestamptz;
update webhooks.endpoints set is_default = true;
create unique index endpoints_default on webhooks.endpoints (source, account_id, mode) where is_default;
create unique index endpoints_provider on webhooks.endpoints (source, provider_webhook_id) where deleted_at is null;

-- Sealed at rest. A removed one keeps its hash, so that configuration does not bring it back.
create table webhooks.secrets (
  id text primary key,
  endpoint_id text not null references webhooks.endpoints (id),
  hash bytea not null,
  sealed bytea,
  -- The last characters, to tell one from another.
  hint text not null,
  from_config boolean not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  created_at timestamptz not null,
  removed_at timestamptz,
  check ((removed_at is null) = (sealed is not null)),
  unique (endpoint_id, hash)
);

-- A transmission id belongs to one body.
create table webhooks.transmissions (
  source text not null,
  transmission_id text not null,
  body_hash bytea not null,
  received_at timestamptz not null,
  primary key (source, transmission_id)
);
create index transmissions_age on webhooks.transmissions (received_at);

grant select, insert, update, delete on webhooks.secrets to holdfast_app;
grant select, insert, delete on webhooks.transmissions to holdfast_app;

create index events_endpoint on webhooks.events (endpoint_id, received_at desc, id desc);
