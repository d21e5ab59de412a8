-- Replays of many events at once: what was chosen, and how each of it fared.
create table webhooks.replays (
  id text primary key,
  -- Of the request that made it; its retries find the row.
  operation_id text not null unique,
  filter jsonb not null,
  state text not null check (state in ('preparing', 'ready', 'running', 'done', 'cancelled')),
  total integer not null,
  -- More events matched than one replay takes.
  has_more boolean not null,
  -- What replaying some of them now would change.
  samples jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  next_batch_at timestamptz
);
create index replays_running on webhooks.replays (next_batch_at) where state = 'running';

create table webhooks.replay_items (
  replay_id text not null references webhooks.replays (id),
  event_id text not null,
  position integer not null,
  state text not null default 'waiting'
    check (state in ('waiting', 'queued', 'changed', 'unchanged', 'failed', 'cancelled')),
  error_code text,
  primary key (replay_id, event_id)
);
create index replay_items_waiting on webhooks.replay_items (replay_id, position) where state = 'waiting';

-- The replay, of one or of many, that queued it last.
alter table webhooks.events add column run_id text;
alter table webhooks.attempts add column run_id text;

-- What operators look for; finished rows are listed by their state as well.
drop index webhooks.events_state;
create index events_state on webhooks.events (state, received_at desc, id desc)
  where state in ('dead', 'waiting_retry', 'processing', 'ignored');
create index events_type on webhooks.events (type, received_at desc, id desc);
create index events_org on webhooks.events (org_id, received_at desc, id desc) where org_id is not null;
create index events_origin on webhooks.events (received_at desc, id desc) where origin <> 'delivery';

-- Bodies are sealed at rest. Those stored before are sealed in the background.
alter table webhooks.payloads add column sealed boolean not null default false;
create index payloads_plain on webhooks.payloads (event_id) where not sealed;

grant select, insert, update on webhooks.replays, webhooks.replay_items to holdfast_app;
grant update, delete on webhooks.payloads to holdfast_app;
