set local lock_timeout = '5s';

-- The shared secret of a person's authenticator app, sealed. A new one waits beside the old until a code confirms it.
create table identity.totp_secrets (
  user_id text primary key references identity.users (id) on delete cascade,
  sealed bytea,
  confirmed_at timestamptz,
  -- The 30-second step of the last code that was taken: it and all before it are spent.
  last_step bigint not null default 0,
  pending_sealed bytea,
  pending_until timestamptz,
  check ((sealed is null) = (confirmed_at is null)),
  check ((pending_sealed is null) = (pending_until is null)),
  check (sealed is not null or pending_sealed is not null)
);

-- One set of ten at a time. All codes of a set share its salt, so that a try costs one slow hash, not ten.
create table identity.backup_codes (
  user_id text not null references identity.users (id) on delete cascade,
  code_hash bytea not null,
  salt bytea not null,
  spent_at timestamptz,
  created_at timestamptz not null,
  primary key (user_id, code_hash)
);

-- Wrong second factors in a row, whichever sign-in they belong to.
create table identity.mfa_failures (
  user_id text primary key references identity.users (id) on delete cascade,
  failures smallint not null,
  locked_until timestamptz
);

-- A sign-in that waits for its second factor. Whoever holds the challenge may try to finish it.
create table identity.mfa_challenges (
  id text primary key,
  user_id text not null references identity.users (id) on delete cascade,
  token_hash bytea not null unique,
  -- What was proven so far.
  amr text[] not null,
  -- What the sign-in asked to end in.
  mode text not null check (mode in ('cookie', 'token')),
  expires_at timestamptz not null,
  spent_at timestamptz,
  created_at timestamptz not null
);
create index mfa_challenges_age on identity.mfa_challenges (created_at);

create table identity.passkeys (
  id text primary key,
  user_id text not null references identity.users (id) on delete cascade,
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  -- Copied to the person's other devices by its maker.
  synced boolean not null,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkeys_user on identity.passkeys (user_id, created_at);

-- What an authenticator is asked to sign; deleted when it did. Those for signing in belong to nobody yet.
create table identity.passkey_challenges (
  challenge_hash bytea primary key,
  purpose text not null check (purpose in ('register', 'login')),
  user_id text references identity.users (id) on delete cascade,
  expires_at timestamptz not null
);
create index passkey_challenges_age on identity.passkey_challenges (expires_at);

grant select, insert, update, delete on identity.totp_secrets, identity.backup_codes, identity.mfa_failures,
  identity.mfa_challenges, identity.passkeys, identity.passkey_challenges to holdfast_app;
grant select (user_id, confirmed_at) on identity.totp_secrets to holdfast_operator;
grant select (user_id, created_at) on identity.passkeys to holdfast_operator;

-- What an organization asks of its members' sessions. No row: nothing beyond the installation's own rules.
create table tenancy.policies (
  org_id text primary key references tenancy.organizations (org_id),
  mfa_required boolean not null default false,
  -- Second factors that count there.
  methods text[] not null default '{totp,passkey}' check (methods <@ '{totp,passkey}' and cardinality(methods) > 0),
  idle_minutes smallint check (idle_minutes between 5 and 30),
  -- Networks that sessions may come from; empty: any.
  ip_allow text[] not null default '{}',
  updated_at timestamptz not null
);
alter table tenancy.policies enable row level security, force row level security;
create policy tenant on tenancy.policies to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on tenancy.policies for select to holdfast_operator using (true);
grant select, insert, update, delete on tenancy.policies to holdfast_app;
grant select on tenancy.policies to holdfast_operator;
