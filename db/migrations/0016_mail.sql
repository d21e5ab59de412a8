-- The outbox of mails and what is known of addresses. No tenant owns them: whoever sends, one queue leaves at one pace.
create schema mail;
grant usage on schema mail to holdfast_app, holdfast_operator;

-- Each row is its own queue entry. It holds a kind and ids: text and token are made when the mail leaves.
create table mail.outbox (
  id text primary key,
  kind text not null,
  address text not null check (address = lower(address) and length(address) <= 254),
  -- Whose rows the mail is composed from; null: none but those of no tenant.
  org_id text,
  ref jsonb not null check (length(ref::text) <= 1000),
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'unwanted', 'failed')),
  attempts smallint not null default 0,
  created_at timestamptz not null,
  next_attempt_at timestamptz not null,
  claim text,
  lease_until timestamptz,
  -- Real time, whatever the clock says: the pace is the company's.
  started_at timestamptz,
  finished_at timestamptz,
  company_id text,
  error_code text,
  -- What the company told after it took the mail.
  fate text check (fate in ('delivered', 'late', 'failed', 'bounced', 'complained'))
);
create index outbox_queue on mail.outbox (next_attempt_at, id) where state = 'waiting';
create index outbox_sending on mail.outbox (lease_until) where state = 'sending';
create index outbox_started on mail.outbox (started_at);
create index outbox_age on mail.outbox (finished_at) where finished_at is not null;

create table mail.addresses (
  address text primary key check (address = lower(address) and length(address) <= 254),
  state text not null check (state in ('fine', 'bounced', 'complained')),
  flagged_at timestamptz,
  -- What happened before the person proved the address no longer counts against it.
  proven_at timestamptz
);
create index addresses_age on mail.addresses (proven_at) where state = 'fine';

grant select, insert, update, delete on mail.outbox, mail.addresses to holdfast_app;
-- Operators cause mails and see how they fare.
grant select, insert on mail.outbox to holdfast_operator;
grant select on mail.addresses to holdfast_operator;
