set local lock_timeout = '5s';

-- Credits that a program set aside for work of its own; the id is its hold's in the ledger.
create table gateway.reservations (
  org_id text not null,
  id text not null,
  mode text not null check (mode in ('test', 'live')),
  credential_id text not null,
  user_id text,
  -- Whose limits it counts for: who was signed in, or the maker of a personal key.
  person_id text,
  purpose text,
  project_id text,
  -- The model it was bounded by, where it was.
  model text,
  price_version text,
  amount_micros bigint not null check (amount_micros > 0),
  on_expiry text not null check (on_expiry in ('release', 'capture')),
  state text not null default 'pending' check (state in ('pending', 'captured', 'released')),
  captured_micros bigint not null default 0 check (captured_micros >= 0),
  -- What ended it: an operation, which may be carried on and must know its own work again, or its expiry.
  ended_by text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (org_id, id),
  check ((state = 'pending') = (ended_at is null))
);
create index reservations_listed on gateway.reservations (org_id, created_at desc, id desc);
create index reservations_open on gateway.reservations (org_id) where state = 'pending';
create index reservations_due on gateway.reservations (expires_at) where state = 'pending';

alter table gateway.reservations enable row level security, force row level security;
create policy tenant on gateway.reservations to holdfast_app
  using (org_id = nullif(current_setting('app.org', true), ''))
  with check (org_id = nullif(current_setting('app.org', true), ''));
create policy operator_reads on gateway.reservations for select to holdfast_operator using (true);
grant select, insert, update on gateway.reservations to holdfast_app;
grant select on gateway.reservations to holdfast_operator;
