-- What subscriptions bring in a month, and what was declined, stand in the ledger as well: memorandum accounts, of which no
-- money is a part. The rows know what they have posted there.

alter table billing.subscriptions
  add column recurring_minor bigint not null default 0 check (recurring_minor >= 0),
  add column recurring_currency text,
  -- Movements so far; those that began before this column are posted by the clock.
  add column recurring_moves integer not null default 0;

alter table billing.payments add column declined boolean not null default false;
