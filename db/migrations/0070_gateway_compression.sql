set local lock_timeout = '5s';

-- Summaries of turns that are left out of prompts: sealed, by a hash of whose they are and all that they stand for.
create table gateway.summaries (
  org_id text not null,
  hash bytea not null,
  -- The person, or the key that is nobody's, whose conversation it is.
  owner_id text not null,
  sealed bytea not null,
  used_at timestamptz not null,
  primary key (org_id, hash)
);
create index summaries_owned on gateway.summaries (org_id, owner_id);
create index summaries_unused on gateway.summaries (used_at);

-- What shortened prompts saved, each beside its request.
create table gateway.compressions (
  org_id text not null,
  request_id text not null,
  tokens_before bigint not null,
  tokens_after bigint not null,
  summary_cost_micros bigint not null,
  -- Below zero where a summary pays off in later calls alone.
  net_saving_micros bigint not null,
  created_at timestamptz not null,
  primary key (org_id, request_id)
);
create index compressions_made on gateway.compressions (org_id, created_at);

do $$
declare t text;
begin
  foreach t in array array['summaries', 'compressions'] loop
    execute format('alter table gateway.%I enable row level security, force row level security', t);
    execute format($p$create policy tenant on gateway.%I to holdfast_app
      using (org_id = nullif(current_setting('app.org', true), ''))
      with check (org_id = nullif(current_setting('app.org', true), ''))$p$, t);
    execute format('create policy operator_reads on gateway.%I for select to holdfast_operator using (true)', t);
  end loop;
end $$;
grant select, insert, update, delete on gateway.summaries to holdfast_app;
grant select, insert on gateway.compressions to holdfast_app;
grant select on gateway.summaries, gateway.compressions to holdfast_operator;
