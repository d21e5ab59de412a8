set local lock_timeout = '5s';

-- What a fact is about, as an embedding model puts it: sealed, with that model's name. Null where none was made.
alter table gateway.memory_facts add column vector bytea;
