set local lock_timeout = '5s';

-- How the person of a session proved who they are, and when last.
alter table identity.sessions add column amr text[] not null default '{pwd}';
alter table identity.sessions add column proven_at timestamptz;
update identity.sessions set proven_at = created_at;
alter table identity.sessions alter column proven_at set not null;

-- Whoever signs in by another company or a passkey alone has no password.
alter table identity.users alter column password_hash drop not null;

-- While set, the organization's people and keys may only pay and export.
alter table tenancy.organizations add column suspended_at timestamptz;
alter table tenancy.organizations add column suspended_reason text;

-- The audit trail. The server's role adds and reads, nothing else. What concerns no organization belongs to the tenant
-- org_000…0. Partitions by month are made ahead by a job; the last one takes what finds none.
create table identity.audit_entries (
  org_id text not null,
  id text not null,
  actor_id text not null,
  action text not null,
  target_id text,
  detail jsonb not null,
  -- Per personal field SHA-256(salt ‖ value); the value itself stands in audit_personal until the person is erased.
  commitments jsonb not null,
  created_at timestamptz not null,
  primary key (org_id, created_at, id)
) partition by range (created_at);
create table identity.audit_entries_rest partition of identity.audit_entries default;
create index audit_entries_action on identity.audit_entries (org_id, action, created_at desc);

create table identity.audit_personal (
  org_id text not null,
  entry_id text not null,
  field text not null,
  value text not null,
  salt bytea not null,
  user_id text,
  primary key (org_id, entry_id, field)
);
create index audit_personal_user on identity.audit_personal (user_id) where user_id is not null;

do $$
declare t text;
begin
  foreach t in array array['audit_entries', 'audit_entries_rest', 'audit_personal'] loop
    execute format('alter table identity.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on identity.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on identity.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert on identity.audit_entries to holdfast_app;
grant select, insert, delete on identity.audit_personal to holdfast_app;
grant select on identity.audit_entries, identity.audit_personal to holdfast_operator;
