set local lock_timeout = '5s';

-- What must stay exact without Redis: the instants (ms since 1970, oldest first) within one window of one subject.
create table platform.limit_takes (
  key text primary key,
  taken_ms bigint[] not null,
  expires_at timestamptz not null
);
create index limit_takes_over on platform.limit_takes (expires_at);

-- Limits that operators set for one subject in one class, in place of all the windows of that class.
create table platform.limit_overrides (
  subject text not null,
  class text not null,
  max integer not null check (max > 0),
  window_s integer not null check (window_s between 1 and 86400),
  created_at timestamptz not null,
  primary key (subject, class)
);

-- Who was refused, by hour; kept for a day.
create table platform.limit_refusals (
  hour timestamptz not null,
  subject text not null,
  class text not null,
  refused integer not null,
  last_at timestamptz not null,
  primary key (hour, subject, class)
);

grant select, insert, update, delete on platform.limit_takes, platform.limit_overrides, platform.limit_refusals
  to holdfast_app;
