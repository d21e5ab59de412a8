set local lock_timeout = '5s';

-- Accounts at other companies that open an account here. The company's own name of the person decides, never an address:
-- the one shown is what it was when the account was connected.
create table identity.oauth_accounts (
  id text primary key,
  user_id text not null references identity.users (id),
  provider text not null,
  subject text not null,
  email text,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  unique (provider, subject)
);
create index oauth_accounts_user on identity.oauth_accounts (user_id);

-- A visit to another company that has not come back yet. Only the browser that set out can come back with it, once; the
-- row holds no secret: verifier and nonce follow from the browser's cookie and the state.
create table identity.oauth_states (
  state_hash bytea primary key,
  browser_hash bytea not null,
  provider text not null,
  purpose text not null check (purpose in ('sign_in', 'link')),
  user_id text references identity.users (id),
  return_to text not null,
  expires_at timestamptz not null,
  check ((purpose = 'link') = (user_id is not null))
);
create index oauth_states_age on identity.oauth_states (expires_at);

-- Somebody proved an address that belongs to a person here. Nothing is connected until that person signs in their old way
-- in the same browser and says yes.
create table identity.oauth_offers (
  id text primary key,
  browser_hash bytea not null,
  user_id text not null references identity.users (id),
  provider text not null,
  subject text not null,
  email text not null,
  expires_at timestamptz not null
);
create index oauth_offers_user on identity.oauth_offers (user_id);
create index oauth_offers_age on identity.oauth_offers (expires_at);

grant select, insert, update, delete on identity.oauth_accounts to holdfast_app;
-- Update is what locking a row takes.
grant select, insert, update, delete on identity.oauth_states, identity.oauth_offers to holdfast_app;
