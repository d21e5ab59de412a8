-- Jobs are listed by state newest first, counted by when they ended, and forgotten by age beyond the newest of their state.
set local lock_timeout = '5s';
drop index platform.jobs_state;
drop index platform.jobs_recent;
create index jobs_state on platform.jobs (org_id, state, id);
create index jobs_ended on platform.jobs (org_id, finished_at) include (kind, state, due_at, started_at)
  where finished_at is not null;
create index jobs_ended_anywhere on platform.jobs (finished_at) include (kind, state, due_at, started_at)
  where finished_at is not null;
