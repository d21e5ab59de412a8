-- What Stripe worked out of a payment's tax, before anything is charged; the payment's intent names it.
alter table billing.payments add column tax_calculation text;

alter table billing.auto_topups drop constraint auto_topups_off_reason_check;
alter table billing.auto_topups add constraint auto_topups_off_reason_check
  check (off_reason in ('declined', 'method_gone', 'tax_address'));
