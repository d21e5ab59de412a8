create schema tenancy;
grant usage on schema tenancy to holdfast_app, holdfast_operator;

create table tenancy.organizations (
  org_id text primary key,
  name text not null,
  personal boolean not null,
  created_at timestamptz not null
);

create table tenancy.memberships (
  org_id text not null references tenancy.organizations (org_id),
  user_id text not null,
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  created_at timestamptz not null,
  primary key (org_id, user_id)
);

create table tenancy.api_keys (
  org_id text not null references tenancy.organizations (org_id),
  id text not null,
  public_id text not null,
  secret_hmac bytea not null,
  pepper_version smallint not null,
  name text not null,
  mode text not null check (mode in ('test', 'live')),
  created_by text not null,
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  scopes text[] not null,
  -- Requests a minute; null is the installation's default, 0 is no limit.
  rate_limit_per_min integer check (rate_limit_per_min >= 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  primary key (org_id, id),
  unique (org_id, public_id)
);

-- Directories: they must be unique or searchable across tenants, and hold ids only.
create table tenancy.slug_directory (slug text primary key, org_id text not null);
create table tenancy.member_directory (user_id text not null, org_id text not null, primary key (user_id, org_id));
create table tenancy.api_key_directory (public_id text primary key, org_id text not null, key_id text not null);

do $$
declare t text;
begin
  foreach t in array array['organizations', 'memberships', 'api_keys'] loop
    execute format('alter table tenancy.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on tenancy.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on tenancy.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on tenancy.organizations, tenancy.memberships, tenancy.api_keys to holdfast_app;
grant delete on tenancy.memberships to holdfast_app;
grant select, insert, delete on tenancy.slug_directory, tenancy.member_directory, tenancy.api_key_directory to holdfast_app;
grant select on all tables in schema tenancy to holdfast_operator;
