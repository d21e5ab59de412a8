set local lock_timeout = '5s';

-- Each organization's entries, sealed one after the other: hash = SHA-256(hash before ‖ canonical entry).
create table identity.audit_chain (
  org_id text not null,
  seq bigint not null check (seq > 0),
  entry_id text not null,
  entry_created_at timestamptz not null,
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null,
  primary key (org_id, seq),
  unique (org_id, entry_id)
);

-- The end of a chain, signed daily and told to the log, where no change of the database reaches it.
create table identity.audit_heads (
  org_id text not null,
  -- YYYY-MM-DD, UTC.
  day text not null check (day ~ '^\d{4}-\d{2}-\d{2}$'),
  seq bigint not null,
  hash bytea not null,
  key_version smallint not null,
  signature bytea not null,
  signed_at timestamptz not null,
  primary key (org_id, day)
);

do $$
declare t text;
begin
  foreach t in array array['audit_chain', 'audit_heads'] loop
    execute format('alter table identity.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on identity.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on identity.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert on identity.audit_chain, identity.audit_heads to holdfast_app;
grant select on identity.audit_chain, identity.audit_heads to holdfast_operator;

-- Makes the partitions of this month and the three that follow, and drops those that ended before `keep_from`. The server's
-- role owns no table, so it calls this. A month that already has rows in the last partition stays there.
create function identity.keep_audit_partitions(today date, keep_from date) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  month date;
  name text;
  changed integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('identity.audit_partitions', 0));
  for i in 0..3 loop
    month := (date_trunc('month', today) + make_interval(months => i))::date;
    name := 'audit_entries_' || to_char(month, 'YYYYMM');
    if to_regclass('identity.' || name) is null then
      begin
        execute format('create table identity.%I partition of identity.audit_entries for values from (%L) to (%L)',
          name, month, (month + interval '1 month')::date);
        execute format('alter table identity.%I enable row level security, force row level security', name);
        execute format($p$create policy tenant on identity.%I to holdfast_app
          using (org_id = nullif(current_setting('app.org', true), ''))
          with check (org_id = nullif(current_setting('app.org', true), ''))$p$, name);
        changed := changed + 1;
      exception when check_violation then
        null;
      end;
    end if;
  end loop;
  for name in
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'identity' and c.relname ~ '^audit_entries_\d{6}$'
      and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= keep_from
  loop
    execute format('drop table identity.%I', name);
    changed := changed + 1;
  end loop;
  return changed;
end $$;
revoke execute on function identity.keep_audit_partitions from public;
grant execute on function identity.keep_audit_partitions to holdfast_app;
