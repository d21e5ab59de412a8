set local lock_timeout = '5s';

-- What all processes read of the cache, by five minutes and resource; kept for a day.
create table platform.cache_stats (
  slot timestamptz not null,
  resource text not null,
  l1_hits bigint not null,
  l1_misses bigint not null,
  l2_hits bigint not null,
  l2_misses bigint not null,
  loads bigint not null,
  load_errors bigint not null,
  evictions bigint not null,
  -- How many reads took how long, by the classes of LATENCY_MS.
  latency bigint[] not null,
  primary key (slot, resource)
);
grant select, insert, update, delete on platform.cache_stats to holdfast_app;
