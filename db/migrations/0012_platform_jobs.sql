-- Durable jobs. The job itself is its organization's row behind the wall; what workers need to find it across
-- organizations stands in a queue that holds ids, a kind and times only. Jobs of the installation belong to org_000…0.
set local lock_timeout = '5s';

create table platform.jobs (
  org_id text not null,
  id text not null,
  kind text not null,
  state text not null check (state in
    ('scheduled', 'queued', 'running', 'retrying', 'cancelling', 'completed', 'partial', 'failed', 'cancelled')),
  -- 1 critical, 2 high, 3 normal, 4 low.
  priority smallint not null check (priority between 1 and 4),
  -- Never in any answer.
  payload jsonb not null,
  -- One job of a kind and key, for as long as the row is kept, or until it ends.
  dedupe_key text,
  dedupe_until_end boolean not null default false,
  created_by text,
  -- Attempts since it was enqueued or retried by hand, and how often the latter happened.
  attempts smallint not null default 0,
  max_attempts smallint not null check (max_attempts > 0),
  retries smallint not null default 0,
  -- How often a process died under it: not its own fault, so not an attempt, yet bounded.
  lapses smallint not null default 0,
  -- Items: how many there are once the job has said so, how many are done, how many could not be.
  total integer,
  done integer not null default 0,
  failed integer not null default 0,
  error_code text,
  error_detail text,
  created_at timestamptz not null,
  due_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (org_id, id)
);
create unique index jobs_dedupe on platform.jobs (org_id, kind, dedupe_key) where dedupe_key is not null;
create index jobs_state on platform.jobs (org_id, state, finished_at, id);
create index jobs_kind on platform.jobs (org_id, kind, id);
create index jobs_recent on platform.jobs (finished_at) where finished_at is not null;

-- What a job has done already: a later attempt, or a retry by hand, leaves it alone.
create table platform.job_items (
  org_id text not null,
  job_id text not null,
  item text not null,
  done boolean not null,
  error_code text,
  primary key (org_id, job_id, item)
);

do $$
declare t text;
begin
  foreach t in array array['jobs', 'job_items'] loop
    execute format('alter table platform.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on platform.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
  end loop;
end $$;
create policy operator_reads on platform.jobs for select to holdfast_operator using (true);
grant select, insert, update, delete on platform.jobs, platform.job_items to holdfast_app;
grant select (org_id, id, kind, state, priority, created_at, due_at, started_at, finished_at) on platform.jobs
  to holdfast_operator;

-- The directory of unfinished jobs: due time and claim → organization and id. A row goes with the job's end.
create table platform.job_queue (
  job_id text primary key,
  org_id text not null,
  kind text not null,
  priority smallint not null,
  -- held: its organization is paused.
  state text not null check (state in ('scheduled', 'queued', 'held', 'running')),
  due_at timestamptz not null,
  -- Which claim runs it. Whoever ends it names the claim, so that a lease that lapsed ends nothing.
  claim text,
  lease_until timestamptz,
  cancel_asked_at timestamptz,
  check ((state = 'running') = (claim is not null))
) with (
  fillfactor = 70,
  -- It fills and drains in bursts: statistics follow a backlog within a minute, and dead rows go before they slow a claim.
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000
);
-- Each state has one index that can serve it, so that a plan cannot go wrong with statistics of another hour.
create index job_queue_waiting on platform.job_queue (kind, priority, org_id, job_id) where state = 'queued';
create index job_queue_scheduled on platform.job_queue (due_at) where state = 'scheduled';
create index job_queue_held on platform.job_queue (org_id) where state = 'held';
create index job_queue_running on platform.job_queue (kind, org_id) where state = 'running';

-- Where the turns stand: lane 0 goes round all organizations, 1 to 4 round those with work of that priority. Claims queue
-- on row 0.
create table platform.job_turns (
  lane smallint primary key check (lane between 0 and 4),
  after_org text not null default '',
  claims bigint not null default 0
) with (fillfactor = 50);
insert into platform.job_turns (lane) select generate_series(0, 4);

-- Organizations whose jobs wait.
create table platform.job_pauses (org_id text primary key);

grant select, insert, update, delete on platform.job_queue to holdfast_app;
grant select, update on platform.job_turns to holdfast_app;
grant select, insert, delete on platform.job_pauses to holdfast_app;
grant select on platform.job_queue, platform.job_pauses to holdfast_operator;
