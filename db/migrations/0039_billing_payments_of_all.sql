-- Operators list payments of all organizations, newest first.
create index payments_of_all on billing.payments (created_at desc, id desc);
