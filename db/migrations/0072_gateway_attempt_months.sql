set local lock_timeout = '5s';

-- Attempts by the month in which they were written. A job makes the months ahead; the last partition takes what finds none,
-- so that no settlement ever fails for want of a month, until the job gives its rows a month of their own.
alter table gateway.attempts rename to attempts_before;
alter table gateway.attempts_before no force row level security;
alter index gateway.attempts_pkey rename to attempts_before_pkey;
drop index gateway.attempts_made, gateway.attempts_request, gateway.attempts_written;

create table gateway.attempts (
  like gateway.attempts_before including defaults including constraints,
  primary key (org_id, created_at, id)
) partition by range (created_at);
create table gateway.attempts_rest partition of gateway.attempts default;
create index attempts_made on gateway.attempts using brin (created_at);
create index attempts_request on gateway.attempts (org_id, request_id);
create index attempts_written on gateway.attempts (xid);

-- Makes the partition of the month that begins on `month`, with the rows of it that lie in the last partition.
create function gateway.make_attempt_month(month date) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  name text := 'attempts_' || to_char(month, 'YYYYMM');
  begins timestamptz := month::timestamp at time zone 'UTC';
  ends timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
  execute format('create table gateway.%I (like gateway.attempts including defaults including constraints including indexes)',
    name);
  execute format('with moved as (delete from gateway.attempts_rest where created_at >= %L and created_at < %L returning *)
    insert into gateway.%I select * from moved', begins, ends, name);
  execute format('alter table gateway.%I enable row level security, force row level security', name);
  execute format($p$create policy tenant on gateway.%I to holdfast_app
    using (org_id = nullif(current_setting('app.org', true), ''))
    with check (org_id = nullif(current_setting('app.org', true), ''))$p$, name);
  execute format('alter table gateway.attempts attach partition gateway.%I for values from (%L) to (%L)', name, begins, ends);
end $$;
revoke execute on function gateway.make_attempt_month from public;

-- Makes the partitions of the month of `today`, of the three that follow and of every month of which the last partition has
-- rows. The server's role owns no table, so it calls this. Returns how many were made. Whoever writes meanwhile waits for it
-- and finds the month; it gives up rather than wait for a writer itself.
create function gateway.make_attempt_months(today date) returns integer
language plpgsql security definer set search_path = pg_catalog set lock_timeout = '1s' set timezone = 'UTC' as $$
declare
  month date;
  months date[];
  moving boolean;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('gateway.attempt_months', 0));
  select array_agg(m) into months
  from (select (date_trunc('month', today) + make_interval(months => ahead))::date as m from generate_series(0, 3) as ahead) due
  where to_regclass('gateway.attempts_' || to_char(m, 'YYYYMM')) is null;
  if months is null and pg_relation_size('gateway.attempts_rest') = 0 then
    return 0;
  end if;
  lock table only gateway.attempts in share row exclusive mode;
  moving := pg_relation_size('gateway.attempts_rest') > 0;
  if moving then
    -- The owner of a forced wall sees no row behind it.
    alter table gateway.attempts_rest no force row level security;
    select array_agg(distinct m) into months
    from (select unnest(months) union all select date_trunc('month', created_at)::date from gateway.attempts_rest) due (m);
  end if;
  foreach month in array coalesce(months, '{}') loop
    perform gateway.make_attempt_month(month);
    made := made + 1;
  end loop;
  if moving then
    if exists (select from gateway.attempts_rest) then
      raise exception 'attempts without a month are left';
    end if;
    -- What lay there takes no room any more.
    truncate gateway.attempts_rest;
    alter table gateway.attempts_rest force row level security;
  end if;
  return made;
end $$;
revoke execute on function gateway.make_attempt_months from public;
grant execute on function gateway.make_attempt_months to holdfast_app;

-- Drops the months that ended by `keep_from`; returns how many. What is younger than two years stays, whoever asks: the
-- server's role may add attempts and let old ones go, and nothing else.
create function gateway.drop_attempt_months(keep_from date) returns integer
language plpgsql security definer set search_path = pg_catalog set lock_timeout = '1s' set timezone = 'UTC' as $$
declare
  name text;
  dropped integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('gateway.attempt_months', 0));
  for name in
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'gateway' and c.relispartition and c.relname ~ '^attempts_\d{6}$'
      and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= least(keep_from, now() - interval '2 years')
  loop
    execute format('drop table gateway.%I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
revoke execute on function gateway.drop_attempt_months from public;
grant execute on function gateway.drop_attempt_months to holdfast_app;

-- What was written until now keeps every row, each in its month.
do $$
begin
  set local timezone = 'UTC';
  perform gateway.make_attempt_month(month)
  from (select distinct date_trunc('month', created_at)::date as month from gateway.attempts_before) as written;
end $$;
insert into gateway.attempts select * from gateway.attempts_before;
drop table gateway.attempts_before;

do $$
declare t text;
begin
  foreach t in array array['attempts', 'attempts_rest'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert on gateway.attempts to holdfast_app;
grant select on gateway.attempts to holdfast_operator;

-- Attempts that are in no sum yet were written since then, but for a day at most: reading usage, earlier months are let alone.
alter table gateway.usage_cursor add column since timestamptz not null default '-infinity';
