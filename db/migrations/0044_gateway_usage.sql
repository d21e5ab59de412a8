set local lock_timeout = '5s';

-- What a call was made for, as its caller says.
alter table gateway.requests add column project_id text;

-- What each attempt adds to the sums of usage; a correction adds no request, and its differences.
alter table gateway.attempts add column first boolean not null default true;
alter table gateway.attempts add column cost_micros bigint not null default 0;
alter table gateway.attempts add column estimated_micros bigint not null default 0;
-- The transaction that wrote it. Those below the oldest one that still runs are all there is: the sums go by that, and so
-- miss none that commits late.
alter table gateway.attempts add column xid bigint not null default (pg_current_xact_id()::text::bigint);
alter table gateway.attempts no force row level security;
alter table gateway.requests no force row level security;
update gateway.attempts a set first = false
where exists (select from gateway.attempts b where b.org_id = a.org_id and b.request_id = a.request_id and b.id < a.id);
update gateway.attempts a
set cost_micros = coalesce(q.cost_micros, 0),
    estimated_micros = case when q.basis = 'estimated' then coalesce(q.cost_micros, 0) else 0 end
from gateway.requests q where q.org_id = a.org_id and q.id = a.request_id and a.first;
alter table gateway.attempts force row level security;
alter table gateway.requests force row level security;
create index attempts_written on gateway.attempts (xid);
create index attempts_of_org on gateway.attempts (org_id, xid);

-- Sums of usage by hour (UTC, of the request) and by all that it is looked at by; empty texts stand for nothing.
create table gateway.usage_hour (
  org_id text not null,
  mode text not null check (mode in ('test', 'live')),
  hour timestamptz not null,
  model text not null,
  provider text not null,
  credential_id text not null,
  user_id text not null,
  project_id text not null,
  endpoint text not null,
  outcome text not null,
  requests bigint not null,
  input_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_micros bigint not null,
  estimated_micros bigint not null,
  cost_usd numeric(38, 18) not null,
  -- What providers billed for calls that cost the caller nothing.
  loss_usd numeric(38, 18) not null,
  -- How many first contents came within each step of time, four to a doubling of milliseconds.
  first_content integer[] not null,
  primary key (org_id, mode, hour, model, provider, credential_id, user_id, project_id, endpoint, outcome)
);
create index usage_hour_of_all on gateway.usage_hour (mode, hour);

-- Up to which transaction an organization's attempts are in its sums.
create table gateway.usage_rolled (
  org_id text primary key,
  upto bigint not null
);

do $$
declare t text;
begin
  foreach t in array array['usage_hour', 'usage_rolled'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update on gateway.usage_hour, gateway.usage_rolled to holdfast_app;
grant select on gateway.usage_hour, gateway.usage_rolled to holdfast_operator;

-- Below it the attempts of every organization are in its sums.
create table gateway.usage_cursor (
  one boolean primary key default true check (one),
  upto bigint not null
);
insert into gateway.usage_cursor (upto) values (0);
grant select, update on gateway.usage_cursor to holdfast_app;
grant select on gateway.usage_cursor to holdfast_operator;
