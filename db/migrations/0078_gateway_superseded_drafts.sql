set local lock_timeout = '5s';

-- Why a version is retired that never counted: its provider listed other prices before anybody decided. Null: another one came after it.
alter table gateway.price_versions add column reason text check (reason = 'superseded');
