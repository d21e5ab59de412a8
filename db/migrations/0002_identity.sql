create schema identity;
grant usage on schema identity to holdfast_app;

create table identity.users (
  id text primary key,
  email text not null unique check (email = lower(email) and length(email) <= 254),
  full_name text not null,
  password_hash text not null,
  is_operator boolean not null default false,
  disabled_at timestamptz,
  created_at timestamptz not null
);

-- A console session: the cookie's hash, whose it is, and which organization it is in.
create table identity.sessions (
  id text primary key,
  user_id text not null references identity.users (id),
  org_id text not null,
  token_hash bytea not null unique,
  csrf_token text not null,
  device text not null,
  ip_masked text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text
);
create index sessions_user on identity.sessions (user_id, created_at);
-- Old rows are purged by age.
create index sessions_age on identity.sessions (created_at);

-- Links and set-up tokens that work once.
create table identity.one_time_tokens (
  id text primary key,
  purpose text not null check (purpose in ('sign_in')),
  user_id text not null references identity.users (id),
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  spent_at timestamptz,
  created_at timestamptz not null
);
create index one_time_tokens_user on identity.one_time_tokens (user_id, purpose) where spent_at is null;
create index one_time_tokens_age on identity.one_time_tokens (created_at);

grant select, insert, update on identity.users, identity.sessions, identity.one_time_tokens to holdfast_app;
grant delete on identity.sessions, identity.one_time_tokens to holdfast_app;
grant usage on schema identity to holdfast_operator;
grant select on identity.users to holdfast_operator;
