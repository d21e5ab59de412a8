set local lock_timeout = '5s';

-- The daily proof is the operator's: its rows have no tenant. One run proves one UTC day, of both modes.
create table gateway.proof_runs (
  id text primary key,
  day text not null,
  nightly boolean not null,
  state text not null check (state in ('queued', 'running', 'completed', 'failed')),
  -- Open ones of that day, as the run left them.
  breaks integer not null default 0,
  created_by text,
  created_at timestamptz not null,
  finished_at timestamptz
);
create unique index proof_runs_one_at_a_time on gateway.proof_runs (day) where state in ('queued', 'running');
create unique index proof_runs_nightly on gateway.proof_runs (day) where nightly;
create index proof_runs_listed on gateway.proof_runs (created_at desc, id desc);

-- What both sides of a day come to: our attempts beside the ledger, or beside a provider's own books.
create table gateway.proof_days (
  day text not null,
  mode text not null check (mode in ('test', 'live')),
  -- `ledger`, or a provider's id.
  side text not null,
  -- Where the other figure is from; none: the provider tells none.
  source text not null check (source in ('ledger', 'activity', 'generations', 'none')),
  calls bigint not null,
  -- How many of them the other figure covers.
  checked bigint not null,
  ours_usd numeric(38, 18) not null,
  theirs_usd numeric(38, 18),
  proven_at timestamptz not null,
  primary key (day, mode, side)
);

-- What does not agree. Found again it is the same row.
create table gateway.proof_breaks (
  id text primary key,
  day text not null,
  mode text not null check (mode in ('test', 'live')),
  kind text not null check (kind in
    ('ledger_missing', 'attempt_missing', 'ledger_amount', 'provider_amount', 'provider_missing')),
  -- The organization or provider whose day it is.
  subject text not null,
  state text not null check (state in ('open', 'resolved', 'accepted')),
  -- At stake: the sum of what single calls differ by, or what the day differs by.
  amount_usd numeric(38, 18) not null,
  ours_usd numeric(38, 18) not null,
  theirs_usd numeric(38, 18) not null,
  calls integer not null,
  -- Some of the calls, to begin with.
  examples jsonb not null,
  first_seen_at timestamptz not null,
  seen_at timestamptz not null,
  told_at timestamptz,
  resolved_at timestamptz,
  resolved_by text,
  note text,
  unique (day, mode, kind, subject)
);
create index proof_breaks_listed on gateway.proof_breaks (first_seen_at desc, id desc);
grant select, insert, update on gateway.proof_runs, gateway.proof_days, gateway.proof_breaks to holdfast_app;
grant select on gateway.proof_runs, gateway.proof_days, gateway.proof_breaks to holdfast_operator;

-- A day's attempts, of all organizations.
create index attempts_made on gateway.attempts using brin (created_at);
