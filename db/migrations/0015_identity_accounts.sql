set local lock_timeout = '5s';

-- What people say of themselves. `erase_at`: they asked to be forgotten; until then they may change their mind.
alter table identity.users add column locale text not null default 'en';
alter table identity.users add column time_zone text not null default 'UTC';
alter table identity.users add column notifications jsonb not null default '{}';
alter table identity.users add column erase_at timestamptz;
create index users_erase on identity.users (erase_at) where erase_at is not null;

-- Sessions of browsers have a cookie; those of tokens and native apps have none.
alter table identity.sessions add column kind text not null default 'browser' check (kind in ('browser', 'token', 'app'));
alter table identity.sessions alter column token_hash drop not null;
-- After a rotation the old secret serves the organization it was in for some seconds more.
alter table identity.sessions add column previous_token_hash bytea unique;
alter table identity.sessions add column previous_org_id text;
alter table identity.sessions add column previous_until timestamptz;
-- The next call of its browser gets a new secret.
alter table identity.sessions add column rotate_due boolean not null default false;
-- Purged by when they were over.
drop index identity.sessions_age;
create index sessions_over on identity.sessions ((least(ended_at, expires_at)));

-- From which kinds of device a person has signed in.
create table identity.known_devices (
  user_id text not null references identity.users (id),
  device text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  primary key (user_id, device)
);

-- Everyone who registers gets a record of their own, whatever the address; one that is confirmed erases the others.
create table identity.pending_registrations (
  id text primary key,
  email text not null check (email = lower(email) and length(email) <= 254),
  full_name text not null,
  password_hash text not null,
  locale text not null,
  browser_hash bytea not null unique,
  expires_at timestamptz not null,
  created_at timestamptz not null
);
create index pending_registrations_email on identity.pending_registrations (email, created_at);
create index pending_registrations_age on identity.pending_registrations (expires_at);

-- A person's address on its way from one to another.
create table identity.address_changes (
  id text primary key,
  user_id text not null references identity.users (id),
  old_email text not null,
  new_email text not null check (new_email = lower(new_email) and length(new_email) <= 254),
  created_at timestamptz not null,
  confirmed_at timestamptz,
  undone_at timestamptz
);
create index address_changes_user on identity.address_changes (user_id, created_at);
create index address_changes_age on identity.address_changes (created_at);

-- A person asked to be forgotten.
create table identity.deletion_requests (
  id text primary key,
  user_id text not null references identity.users (id),
  state text not null check (state in ('pending', 'scheduled', 'completed', 'cancelled', 'expired')),
  created_at timestamptz not null,
  execute_at timestamptz,
  ended_at timestamptz
);
create unique index deletion_requests_open on identity.deletion_requests (user_id) where state in ('pending', 'scheduled');

-- Mailed tokens: of a person, or of a row that has none yet. What the token is for stands in `subject_id`.
alter table identity.one_time_tokens drop constraint one_time_tokens_purpose_check;
alter table identity.one_time_tokens alter column user_id drop not null;
alter table identity.one_time_tokens add column subject_id text;
alter table identity.one_time_tokens add constraint one_time_tokens_purpose_check check (purpose in
  ('sign_in', 'verify', 'reset_password', 'set_password', 'new_address', 'undo_address', 'cancel_mfa_reset',
   'confirm_deletion', 'cancel_deletion'));
create index one_time_tokens_subject on identity.one_time_tokens (subject_id, purpose) where spent_at is null;

grant select, insert, update, delete on identity.known_devices, identity.pending_registrations,
  identity.address_changes, identity.deletion_requests to holdfast_app;
