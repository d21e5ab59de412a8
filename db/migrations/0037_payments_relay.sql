
-- Where an organization wants to be told what happens.
create table payments.outbound_endpoints (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  url text not null,
  types text[] not null,
  -- One message at a time per object, in the order of its versions.
  ordered boolean not null,
  enabled boolean not null default true,
  -- Why the relay itself turned it off: the receiver said that it is gone, or failed for five days.
  disabled_reason text check (disabled_reason in ('gone', 'failing')),
  -- Sealed. The one before it signs too until then.
  secret bytea not null,
  previous_secret bytea,
  previous_until timestamptz,
  -- The first failure since the last success.
  failing_since timestamptz,
  created_at timestamptz not null,
  primary key (org_id, id)
);

-- The last version told of each object.
create table payments.outbound_objects (
  org_id text not null,
  object_id text not null,
  version bigint not null,
  primary key (org_id, object_id)
);

-- One event for one endpoint; the row is its own queue entry.
create table payments.outbound_messages (
  org_id text not null,
  id text not null,
  endpoint_id text not null,
  event_id text not null,
  type text not null,
  object_id text not null,
  object_version bigint not null,
  body text not null,
  state text not null check (state in ('pending', 'sending', 'delivered', 'failed')),
  -- Since it was last put into the queue, which decides the next wait; and in all.
  attempts smallint not null default 0,
  tries integer not null default 0,
  due_at timestamptz not null,
  lease_until timestamptz,
  last_status smallint,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (org_id, id),
  unique (org_id, endpoint_id, event_id, type)
);
create index outbound_messages_due on payments.outbound_messages (due_at) where state = 'pending';
create index outbound_messages_sending on payments.outbound_messages (lease_until) where state = 'sending';
create index outbound_messages_open on payments.outbound_messages (org_id, endpoint_id, object_id, object_version)
  where state in ('pending', 'sending');
create index outbound_messages_listed on payments.outbound_messages (org_id, created_at desc, id desc);
create index outbound_messages_old on payments.outbound_messages (finished_at) where finished_at is not null;

create table payments.outbound_attempts (
  org_id text not null,
  message_id text not null,
  number integer not null,
  started_at timestamptz not null,
  ms integer not null,
  status smallint,
  -- Why there is no status, or why it did not count.
  error text,
  -- The first 4 KiB of what was answered.
  answer text,
  primary key (org_id, message_id, number)
);

do $$
declare t text;
begin
  foreach t in array array['outbound_endpoints', 'outbound_objects', 'outbound_messages', 'outbound_attempts'] loop
    execute format('alter table payments.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on payments.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on payments.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update, delete on payments.outbound_endpoints, payments.outbound_messages to holdfast_app;
grant select, insert, update on payments.outbound_objects to holdfast_app;
grant select, insert, delete on payments.outbound_attempts to holdfast_app;
grant select on payments.outbound_endpoints, payments.outbound_objects, payments.outbound_messages,
  payments.outbound_attempts to holdfast_operator;
