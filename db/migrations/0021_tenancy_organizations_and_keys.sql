set local lock_timeout = '5s';

-- The name of an organization in addresses. Whoever names none gets one that says nothing.
alter table tenancy.organizations add column slug text not null
  default 'org-' || substr(md5(random()::text || clock_timestamp()::text), 1, 12)
  check (slug ~ '^[a-z0-9-]{3,63}$');
alter table tenancy.organizations add column deleted_at timestamptz;
-- The walls bind the tables' owner as well; they open for this one copy.
alter table tenancy.organizations no force row level security;
insert into tenancy.slug_directory (slug, org_id) select slug, org_id from tenancy.organizations on conflict do nothing;
alter table tenancy.organizations force row level security;

-- Someone is asked to join. Its tokens are made as its mails leave.
create table tenancy.invitations (
  org_id text not null references tenancy.organizations (org_id),
  id text not null,
  email text not null check (email = lower(email) and length(email) <= 254),
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  state text not null default 'pending' check (state in ('pending', 'accepted', 'revoked', 'void')),
  invited_by text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (org_id, id)
);
create unique index invitations_pending on tenancy.invitations (org_id, email) where state = 'pending';
create index invitations_made on tenancy.invitations (org_id, created_at);
alter table tenancy.invitations enable row level security, force row level security;
create policy tenant on tenancy.invitations to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on tenancy.invitations for select to holdfast_operator using (true);
grant select, insert, update on tenancy.invitations to holdfast_app;
grant select on tenancy.invitations to holdfast_operator;

-- Directory: from a mailed token's hash to the invitation it is for.
create table tenancy.invitation_directory (
  token_hash bytea primary key,
  org_id text not null,
  invitation_id text not null,
  created_at timestamptz not null
);
create index invitation_directory_of on tenancy.invitation_directory (org_id, invitation_id, created_at);
grant select, insert, delete on tenancy.invitation_directory to holdfast_app;

-- A personal key does what its maker may today and ends with their membership; a service key is the organization's.
alter table tenancy.api_keys add column kind text not null default 'personal' check (kind in ('personal', 'service'));
-- Networks it may be used from; empty: any.
alter table tenancy.api_keys add column allowed_cidrs text[] not null default '{}'
  check (cardinality(allowed_cidrs) <= 20);
alter table tenancy.api_keys add column tokens_per_min integer check (tokens_per_min > 0);
alter table tenancy.api_keys add column concurrency integer check (concurrency > 0);
alter table tenancy.api_keys add column budget_daily_micros bigint check (budget_daily_micros >= 0);
alter table tenancy.api_keys add column budget_monthly_micros bigint check (budget_monthly_micros >= 0);
alter table tenancy.api_keys add column paused_at timestamptz;
-- The secret before the last rotation; it serves until then.
alter table tenancy.api_keys add column previous_hmac bytea;
alter table tenancy.api_keys add column previous_pepper_version smallint;
alter table tenancy.api_keys add column previous_until timestamptz;
-- Days before its end of the last mail about it.
alter table tenancy.api_keys add column warned_days smallint;
create index api_keys_expiry on tenancy.api_keys (expires_at) where revoked_at is null;

-- Since when a key has each of its scopes, and when it last used it.
create table tenancy.api_key_scopes (
  org_id text not null,
  key_id text not null,
  scope text not null,
  granted_at timestamptz not null,
  last_used_at timestamptz,
  primary key (org_id, key_id, scope),
  foreign key (org_id, key_id) references tenancy.api_keys (org_id, id)
);
alter table tenancy.api_key_scopes enable row level security, force row level security;
create policy tenant on tenancy.api_key_scopes to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on tenancy.api_key_scopes for select to holdfast_operator using (true);
grant select, insert, update, delete on tenancy.api_key_scopes to holdfast_app;
grant select on tenancy.api_key_scopes to holdfast_operator;
