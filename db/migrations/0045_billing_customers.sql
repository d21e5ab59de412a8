-- Who pays: what an organization says of itself, what its company was told of that, and the cards it keeps there.
set local lock_timeout = '5s';
alter table billing.customers
  add column name text,
  add column email text,
  add column address jsonb,
  add column tax_ids jsonb not null default '[]',
  -- Grows with every change; the company knows of all up to `told_version`.
  add column version int not null default 1,
  add column told_version int not null default 0,
  add column refused_code text,
  add column next_try_at timestamptz,
  -- Tombstones: ids that were deleted at the company. None of them comes back.
  add column deleted_ids text[] not null default '{}',
  add column fetch_seq bigint not null default 0;
update billing.customers set told_version = 1 where provider_customer_id is not null;
create index customers_untold on billing.customers (created_at) where told_version < version and refused_code is null;
insert into billing.object_orgs (account_id, object_id, org_id)
  select account_id, provider_customer_id, org_id from billing.customers where provider_customer_id is not null
  on conflict do nothing;

create table billing.payment_methods (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  provider text not null check (provider in ('stripe', 'paypal')),
  provider_method_id text not null,
  provider_customer_id text not null,
  kind text not null,
  brand text,
  last4 text,
  exp_month int,
  exp_year int,
  -- Whose wallet it is, as its company shows it.
  email text,
  is_default boolean not null default false,
  created_at timestamptz not null,
  -- Set once the company has it no more.
  detached_at timestamptz,
  primary key (org_id, id),
  unique (org_id, account_id, provider_method_id)
);
alter table billing.payment_methods enable row level security, force row level security;
create policy tenant on billing.payment_methods to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.payment_methods for select to holdfast_operator using (true);
grant select, insert, update on billing.payment_methods to holdfast_app;
grant select on billing.payment_methods to holdfast_operator;

-- A wallet that its owner was asked to let us keep, at a company that does not tell when they have agreed.
create table billing.method_setups (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  account_id text not null,
  provider_setup_id text not null,
  expires_at timestamptz not null,
  asked_at timestamptz not null,
  -- Set once the wallet is kept, or can no longer be.
  done_at timestamptz,
  primary key (org_id, id)
);
create index method_setups_open on billing.method_setups (asked_at) where done_at is null;
alter table billing.method_setups enable row level security, force row level security;
create policy tenant on billing.method_setups to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on billing.method_setups for select to holdfast_operator using (true);
grant select, insert, update on billing.method_setups to holdfast_app;
grant select on billing.method_setups to holdfast_operator;
