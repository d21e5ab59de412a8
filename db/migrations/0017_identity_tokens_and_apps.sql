set local lock_timeout = '5s';

-- Apps that people may let in. A loopback address stands for itself with any port.
create table identity.oauth_clients (
  id text primary key,
  name text not null,
  redirect_uris text[] not null,
  scopes text[] not null,
  created_at timestamptz not null
);
insert into identity.oauth_clients (id, name, redirect_uris, scopes, created_at) values (
  'holdfast-vscode', 'Holdfast for VS Code',
  '{http://127.0.0.1/auth,"http://[::1]/auth",vscode://holdfast.holdfast/auth,vscode-insiders://holdfast.holdfast/auth,vscodium://holdfast.holdfast/auth,code-oss://holdfast.holdfast/auth,cursor://holdfast.holdfast/auth,windsurf://holdfast.holdfast/auth}',
  '{gateway.use,credits.spend,ledger.read,studio.view,studio.build}', now());

-- The app that a session was given to.
alter table identity.sessions add column client_id text references identity.oauth_clients (id);
-- What an app was allowed; null: all that the person may.
alter table identity.sessions add column scopes text[];

-- The refresh tokens of a session, its family: each use makes the next generation.
create table identity.refresh_tokens (
  id text primary key,
  session_id text not null references identity.sessions (id) on delete cascade,
  generation integer not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  used_at timestamptz,
  -- The next one, sealed under a key that only the holder of this one can derive; wiped when that was used or after 30 s.
  sealed_successor bytea,
  unique (session_id, generation)
);
create index refresh_tokens_sealed on identity.refresh_tokens (used_at) where sealed_successor is not null;

-- Access tokens that were ended before their time; needed until then.
create table identity.revoked_jtis (
  jti text primary key,
  expires_at timestamptz not null
);
create index revoked_jtis_age on identity.revoked_jtis (expires_at);

create table identity.signing_keys (
  id text primary key,
  public_key jsonb not null,
  private_key_sealed bytea not null,
  created_at timestamptz not null,
  -- Signs from then on, until the next one does.
  active_from timestamptz not null unique
);

-- What an app asks a person for, and the code that it gets for the person's yes.
create table identity.authorization_codes (
  id text primary key,
  client_id text not null references identity.oauth_clients (id),
  redirect_uri text not null,
  scopes text[] not null,
  state text not null,
  code_challenge text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  -- Who said yes, as the session proved it then, and where.
  user_id text references identity.users (id),
  org_id text,
  amr text[],
  proven_at timestamptz,
  code_hash bytea unique,
  code_expires_at timestamptz,
  spent_at timestamptz,
  session_id text references identity.sessions (id) on delete set null
);
create index authorization_codes_age on identity.authorization_codes (created_at);

create table identity.device_codes (
  id text primary key,
  client_id text not null references identity.oauth_clients (id),
  scopes text[] not null,
  device_code_hash bytea not null unique,
  user_code_hash bytea not null unique,
  ip text not null,
  user_agent text not null,
  interval_seconds integer not null,
  polled_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  user_id text references identity.users (id),
  org_id text,
  amr text[],
  proven_at timestamptz,
  spent_at timestamptz,
  session_id text references identity.sessions (id) on delete set null
);
create index device_codes_age on identity.device_codes (created_at);

-- Wrong codes that a person typed.
create table identity.device_code_misses (
  user_id text not null references identity.users (id),
  missed_at timestamptz not null
);
create index device_code_misses_user on identity.device_code_misses (user_id, missed_at);

grant select on identity.oauth_clients to holdfast_app;
grant select, insert, update, delete on identity.refresh_tokens, identity.revoked_jtis, identity.signing_keys,
  identity.authorization_codes, identity.device_codes, identity.device_code_misses to holdfast_app;
