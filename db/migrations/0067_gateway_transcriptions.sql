set local lock_timeout = '5s';

-- Models that write down sound, paid by its seconds or by tokens.
alter table gateway.models drop constraint models_task_check;
alter table gateway.models add constraint models_task_check
  check (task in ('chat', 'embedding', 'transcription')) not valid;
alter table gateway.models validate constraint models_task_check;
alter table gateway.price_lines add column audio_second_usd text not null default '0';
alter table gateway.requests add column audio_ms bigint not null default 0;
alter table gateway.attempts add column audio_ms bigint not null default 0;
alter table gateway.usage_hour add column audio_ms bigint not null default 0;
