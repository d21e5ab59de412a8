set local lock_timeout = '5s';

-- What is remembered of a person, for their own calls alone: sealed. A changed fact is a further version; its earlier ones
-- end, and go with it.
create table gateway.memory_facts (
  org_id text not null,
  id text not null,
  version integer not null check (version > 0),
  user_id text not null,
  -- Empty: of no project.
  project_id text not null,
  kind text not null check (kind in ('fact', 'preference')),
  source text not null check (source in ('said', 'written')),
  sealed bytea not null,
  -- From 0 to 1, as of faded_at.
  importance double precision not null check (importance between 0 and 1),
  used_at timestamptz not null,
  faded_at timestamptz not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  primary key (org_id, id, version)
);
create unique index memory_facts_current on gateway.memory_facts (org_id, id) where valid_to is null;
create index memory_facts_recalled on gateway.memory_facts (org_id, user_id, project_id) where valid_to is null;
create index memory_facts_idle on gateway.memory_facts (used_at) where valid_to is null;

-- What a person said in a call that may be remembered: sealed, until it was read.
create table gateway.memory_heard (
  org_id text not null,
  request_id text not null,
  user_id text not null,
  project_id text not null,
  -- What was said, and who pays for reading it.
  sealed bytea not null,
  -- Facts that were put into the call.
  recalled text[] not null,
  created_at timestamptz not null,
  primary key (org_id, request_id)
);
create index memory_heard_of on gateway.memory_heard (org_id, user_id, created_at);
create index memory_heard_since on gateway.memory_heard (created_at);

-- What people choose for themselves.
create table gateway.memory_choices (
  org_id text not null,
  user_id text not null,
  choice text not null check (choice in ('user', 'project', 'off')),
  updated_at timestamptz not null,
  primary key (org_id, user_id)
);

do $$
declare t text;
begin
  foreach t in array array['memory_facts', 'memory_heard', 'memory_choices'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
    execute format('grant select, insert, update, delete on gateway.%I to holdfast_app', t);
    execute format('grant select on gateway.%I to holdfast_operator', t);
  end loop;
end $$;
