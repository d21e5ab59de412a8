set local lock_timeout = '5s';

-- The most tokens that one part of sound can count in a chat's prompt; null: the model takes none.
alter table gateway.models add column audio_tokens bigint;
