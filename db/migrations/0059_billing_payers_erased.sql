set local lock_timeout = '5s';

-- What names whoever pays is erased here at once, with its organization or its person; a job erases the company's copy.
alter table billing.customers add column erased_at timestamptz, add column erased_there_at timestamptz;
alter table billing.payment_methods add column erased_at timestamptz, add column erased_there_at timestamptz;

create index customers_to_erase on billing.customers (erased_at) where erased_at is not null and erased_there_at is null;
create index payment_methods_to_erase on billing.payment_methods (erased_at)
  where erased_at is not null and erased_there_at is null;
