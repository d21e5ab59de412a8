-- The inbox of every source. It belongs to the operator, so it has no tenant; org_id is a note, once known.
create schema webhooks;
grant usage on schema webhooks to holdfast_app;

create table webhooks.endpoints (
  id text primary key,
  source text not null,
  account_id text not null,
  mode text not null check (mode in ('test', 'live')),
  enabled boolean not null default true,
  max_attempts smallint not null default 12 check (max_attempts between 1 and 77),
  created_at timestamptz not null,
  unique (source, account_id, mode)
);

-- Each row is its own queue entry.
create table webhooks.events (
  id text primary key,
  source text not null,
  endpoint_id text not null,
  provider_event_id text not null,
  type text not null,
  -- The object whose events run one at a time: a payment, subscription, invoice or customer at the company.
  root text not null,
  object_id text not null,
  org_id text,
  origin text not null check (origin in ('delivery', 'backfill', 'reconciliation')),
  state text not null check (state in ('received', 'waiting_retry', 'processing', 'processed', 'dead', 'ignored')),
  -- Attempts that count towards max_attempts, since the last replay.
  attempts smallint not null default 0,
  replays smallint not null default 0,
  provider_created_at timestamptz not null,
  received_at timestamptz not null,
  -- Received, or last replayed: waiting for a company is bounded from here.
  queued_at timestamptz not null,
  next_attempt_at timestamptz not null,
  -- Which claim holds it. Whoever finishes it names the claim, so that a lease that lapsed finishes nothing.
  claim text,
  lease_until timestamptz,
  finished_at timestamptz,
  error_code text,
  error_detail text,
  -- What it did: [{kind, id}], e.g. ledger transactions and payments.
  effects jsonb not null default '[]',
  unique (source, endpoint_id, provider_event_id)
);
create index events_queue on webhooks.events (next_attempt_at, id) where state in ('received', 'waiting_retry');
create index events_running on webhooks.events (root) where state = 'processing';
create index events_listed on webhooks.events (received_at desc, id desc);
create index events_state on webhooks.events (state, received_at desc, id desc) where state in ('dead', 'waiting_retry', 'processing');
create index events_root on webhooks.events (root);
create index events_object on webhooks.events (object_id);

-- The exact bytes, and the headers that were needed to verify them. Written by the statement that writes the event, which
-- is why no foreign key asks again.
create table webhooks.payloads (
  event_id text primary key,
  body bytea not null,
  headers jsonb not null
);
-- Not compressed: that costs a third of the time of an acknowledgement.
alter table webhooks.payloads alter column body set storage external;

create table webhooks.attempts (
  event_id text not null,
  replay smallint not null,
  attempt smallint not null,
  started_at timestamptz not null,
  ms integer not null,
  outcome text not null,
  error_code text,
  error_detail text,
  id bigint generated always as identity primary key
);
create index attempts_event on webhooks.attempts (event_id, id);

-- How far the company's own list of events was read.
create table webhooks.cursors (
  endpoint_id text primary key,
  read_until timestamptz not null
);

grant select, insert, update on webhooks.endpoints, webhooks.events, webhooks.cursors to holdfast_app;
grant select, insert on webhooks.payloads, webhooks.attempts to holdfast_app;
