set local lock_timeout = '5s';

-- Why an operator has disabled the person.
alter table identity.users add column disabled_reason text;
create index users_listed on identity.users (created_at, id);

-- A session by which an operator looks at a person's account without changing it. Made under the operator's own session,
-- which it leads back to.
alter table identity.sessions add column viewer_id text references identity.users (id);
alter table identity.sessions add column viewer_session_id text;
alter table identity.sessions add column view_reason text;
create index sessions_viewer on identity.sessions (viewer_id) where viewer_id is not null;

-- An operator takes away the second factors of somebody who lost them all: a day later, unless the person says no.
create table identity.mfa_resets (
  id text primary key,
  user_id text not null references identity.users (id),
  requested_by text not null,
  state text not null check (state in ('pending', 'done', 'cancelled')),
  created_at timestamptz not null,
  execute_at timestamptz not null,
  ended_at timestamptz
);
create unique index mfa_resets_open on identity.mfa_resets (user_id) where state = 'pending';
create index mfa_resets_due on identity.mfa_resets (execute_at) where state = 'pending';
create index mfa_resets_age on identity.mfa_resets (ended_at) where ended_at is not null;
grant select, insert, update, delete on identity.mfa_resets to holdfast_app;

-- Figures of the whole installation are read by time, whatever the organization. What is inserted in the order of time needs
-- no more than a range per block of pages.
create index transactions_posted on ledger.transactions using brin (posted_at);
create index requests_created on gateway.requests using brin (created_at);
