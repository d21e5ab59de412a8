set local lock_timeout = '5s';

-- Prices of images, of the tokens of images and of sound, and of searches of the web. Null: there is none of its own, and what lies
-- within others costs what they do; sound and searches without a price are not sold. Beside them what calls used of each.
alter table gateway.price_lines
  add column image_usd text,
  add column image_token_usd text,
  add column audio_in_usd text,
  add column audio_out_usd text,
  add column web_search_usd text;
alter table gateway.requests
  add column images bigint not null default 0,
  add column image_tokens bigint not null default 0,
  add column audio_in_tokens bigint not null default 0,
  add column audio_out_tokens bigint not null default 0,
  add column web_searches bigint not null default 0;
alter table gateway.attempts
  add column images bigint not null default 0,
  add column image_tokens bigint not null default 0,
  add column audio_in_tokens bigint not null default 0,
  add column audio_out_tokens bigint not null default 0,
  add column web_searches bigint not null default 0;
