set local lock_timeout = '5s';

-- An organization's own OpenID issuer. It vouches for addresses of one domain, once a TXT record has proven it.
create table tenancy.oidc_connections (
  org_id text primary key references tenancy.organizations (org_id),
  issuer text not null,
  client_id text not null,
  secret_sealed bytea not null,
  domain text not null check (domain = lower(domain)),
  -- What the TXT record must hold.
  proof text not null,
  proven_at timestamptz,
  -- Members below the owners get in through the issuer only.
  required boolean not null check (not required or proven_at is not null),
  updated_at timestamptz not null
);
alter table tenancy.oidc_connections enable row level security, force row level security;
create policy tenant on tenancy.oidc_connections to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));

-- Directory: whose a proven domain is; looked up before anybody is known.
create table tenancy.domain_directory (domain text primary key, org_id text not null unique);

grant select, insert, update, delete on tenancy.oidc_connections to holdfast_app;
grant select, insert, delete on tenancy.domain_directory to holdfast_app;
