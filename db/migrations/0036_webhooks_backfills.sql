-- Readings of the companies' lists that operators ask for, and what operators were told of the inbox.
create table webhooks.backfills (
  id text primary key,
  operation_id text not null unique,
  source text not null,
  account_id text not null,
  mode text not null check (mode in ('test', 'live')),
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- Empty: every type.
  types text[] not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  listed integer not null default 0,
  new integer not null default 0,
  error_code text,
  created_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  check (cardinality(types) <= 20)
);

-- When the company delivered it; null for an event that only its list told of.
alter table webhooks.events add column delivered_at timestamptz;
create index events_undelivered on webhooks.events (endpoint_id, provider_created_at)
  where origin = 'backfill' and delivered_at is null;

create table webhooks.alerts (
  kind text not null,
  subject text not null,
  sent_at timestamptz not null,
  primary key (kind, subject)
);

grant select, insert, update on webhooks.backfills, webhooks.alerts to holdfast_app;
