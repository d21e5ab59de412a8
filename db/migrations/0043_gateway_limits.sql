set local lock_timeout = '5s';

-- Models that a key may call; empty: all.
alter table tenancy.api_keys add column allowed_models text[] not null default '{}'
  check (cardinality(allowed_models) <= 100);

-- Whose limits a call counts for: who is signed in, or the maker of a personal key.
alter table gateway.requests add column person_id text;
-- What runs now, which limits look at with each call that they bind.
create index requests_open on gateway.requests (org_id) where state in ('open', 'reconciling');

-- Limits of an organization, a person in it, or a key; null inherits. Those of a key stand with the key, here only whom to
-- tell when.
create table gateway.limit_rules (
  org_id text not null,
  subject_type text not null check (subject_type in ('org', 'user', 'key')),
  subject_id text not null,
  rpm integer check (rpm > 0),
  tpm integer check (tpm > 0),
  concurrency integer check (concurrency > 0),
  budget_daily_micros bigint check (budget_daily_micros >= 0),
  budget_monthly_micros bigint check (budget_monthly_micros >= 0),
  alert_percents smallint[] not null check (cardinality(alert_percents) <= 10),
  updated_by text not null,
  updated_at timestamptz not null,
  primary key (org_id, subject_type, subject_id)
);

-- What a subject with a budget has spent in one UTC day or month, by the instant its work began. Made by the first hold that
-- asks, from the calls there are; each settlement adds to it, under the lock of the organization's wallet.
create table gateway.budget_windows (
  org_id text not null,
  mode text not null check (mode in ('test', 'live')),
  subject_id text not null,
  period text not null check (period in ('day', 'month')),
  starts_at timestamptz not null,
  subject_type text not null check (subject_type in ('org', 'user', 'key')),
  spent_micros bigint not null,
  -- As of the last hold.
  limit_micros bigint not null,
  alert_percents smallint[] not null,
  -- The highest percentage that was told of.
  warned_percent smallint not null default 0,
  -- Since when calls are refused for it.
  refused_at timestamptz,
  primary key (org_id, mode, subject_id, period, starts_at)
);
create index budget_windows_started on gateway.budget_windows (starts_at);

do $$
declare t text;
begin
  foreach t in array array['limit_rules', 'budget_windows'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update, delete on gateway.limit_rules, gateway.budget_windows to holdfast_app;
grant select on gateway.limit_rules, gateway.budget_windows to holdfast_operator;
