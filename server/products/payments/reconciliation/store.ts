/** SQL of what the companies booked, and how far their books were read. */
import type { PaymentsProviderTransactions } from "../../../../db/rows.ts";
import { cashReference, feeReference, type Movement } from "../../../kernel/billing/index.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { ProviderAccount, ProviderRecord } from "./books/provider-books.ts";

export type ProviderRow = Narrowed<PaymentsProviderTransactions, { kind: Movement }>;

/** Writes lines as they are listed now; what was found beside them stays until they are compared again. */
export async function saveRecords(
  tx: Tx,
  account: ProviderAccount,
  records: readonly ProviderRecord[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return;
  const { source, accountId } = account;
  const rows = records.map((record) => {
    const booked = { ...record, source, accountId, transactionId: record.line ?? record.id };
    return {
      id: record.id,
      kind: record.movement,
      object_id: record.objectId,
      amount_minor: String(record.amountMinor),
      fee_minor: String(record.feeMinor),
      net_minor: String(record.netMinor),
      currency: record.currency,
      occurred_at: record.occurredAt,
      reference: cashReference(booked),
      fee_reference: feeReference(booked),
    };
  });
  await tx.query(
    "payments.records_save",
    `insert into payments.provider_transactions (account_id, id, kind, object_id, amount_minor, fee_minor, net_minor,
       currency, occurred_at, first_seen_at, reference, fee_reference)
     select $1, n.id, n.kind, n.object_id, n.amount_minor, n.fee_minor, n.net_minor, n.currency, n.occurred_at, $2,
       n.reference, n.fee_reference
     from jsonb_to_recordset($3::jsonb) as n (id text, kind text, object_id text, amount_minor bigint, fee_minor bigint,
       net_minor bigint, currency text, occurred_at timestamptz, reference text, fee_reference text)
     order by n.id
     on conflict (account_id, id) do update set amount_minor = excluded.amount_minor, fee_minor = excluded.fee_minor,
       net_minor = excluded.net_minor, currency = excluded.currency, kind = excluded.kind, object_id = excluded.object_id,
       reference = excluded.reference, fee_reference = excluded.fee_reference`,
    [accountId, now, JSON.stringify(rows)],
  );
}

/** Lines booked in [from, to), in the order of their ids; `after` is the last id of the page before. */
export function listRecords(
  tx: Tx,
  accountId: string,
  page: { from: Date; to: Date; after: string; limit: number },
): Promise<ProviderRow[]> {
  return tx.query(
    "payments.records",
    `select * from payments.provider_transactions
     where account_id = $1 and occurred_at >= $2 and occurred_at < $3 and id > $4 order by id limit $5`,
    [accountId, page.from, page.to, page.after, page.limit],
  );
}

/** Those of these references that a line, or the fee of one, explains. */
export async function findExplained(
  tx: Tx,
  accountId: string,
  references: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.query<{ reference: string }>(
    "payments.explained",
    `select reference from payments.provider_transactions where account_id = $1 and reference = any($2::text[])
     union select fee_reference from payments.provider_transactions
     where account_id = $1 and fee_reference = any($2::text[])`,
    [accountId, references],
  );
  return new Set(rows.map(({ reference }) => reference));
}

export type Comparison = {
  id: string;
  events: number;
  effects: number;
  effectsNet: bigint;
  matched: boolean;
};

export async function saveComparisons(
  tx: Tx,
  accountId: string,
  rows: readonly Comparison[],
  now: Date,
): Promise<void> {
  await tx.query(
    "payments.records_compared",
    `update payments.provider_transactions p set compared_at = $2, events = n.events, effects = n.effects,
       effects_net_minor = n.net, matched = n.matched
     from unnest($3::text[], $4::int[], $5::int[], $6::bigint[], $7::bool[]) as n (id, events, effects, net, matched)
     where p.account_id = $1 and p.id = n.id`,
    [
      accountId,
      now,
      rows.map(({ id }) => id),
      rows.map(({ events }) => events),
      rows.map(({ effects }) => effects),
      rows.map(({ effectsNet }) => String(effectsNet)),
      rows.map(({ matched }) => matched),
    ],
  );
}

/** One side's lines of one currency. Amounts are net, in minor units. */
export type SideTotal = { count: number; net_minor: bigint };
export type Totals = {
  currency: string;
  provider: SideTotal;
  /** Lines that at least one event tells of. */
  events: SideTotal;
  /** Lines with a cash effect, and what those effects moved, fees included. */
  ledger: SideTotal;
  matched: number;
};

/** The three sides of a stretch of time, as they were last compared. */
export async function sumRecords(tx: Tx, accountId: string, from: Date, to: Date): Promise<Totals[]> {
  const rows = await tx.query<{
    currency: string;
    lines: number;
    net: bigint;
    told: number;
    told_net: bigint;
    posted: number;
    posted_net: bigint;
    matched: number;
  }>(
    "payments.records_sum",
    `select currency, count(*)::int as lines, sum(net_minor)::bigint as net,
       (count(*) filter (where events > 0))::int as told,
       coalesce(sum(net_minor) filter (where events > 0), 0)::bigint as told_net,
       coalesce(sum(effects), 0)::int as posted, sum(effects_net_minor)::bigint as posted_net,
       (count(*) filter (where matched))::int as matched
     from payments.provider_transactions where account_id = $1 and occurred_at >= $2 and occurred_at < $3
     group by currency order by currency`,
    [accountId, from, to],
  );
  return rows.map((row) => ({
    currency: row.currency,
    provider: { count: row.lines, net_minor: row.net },
    events: { count: row.told, net_minor: row.told_net },
    ledger: { count: row.posted, net_minor: row.posted_net },
    matched: row.matched,
  }));
}

/** Until when an account's books were read; never back. */
export async function saveReadUntil(tx: Tx, account: ProviderAccount, until: Date): Promise<void> {
  await tx.query(
    "payments.books_save",
    `insert into payments.books (account_id, source, mode, read_until) values ($1, $2, $3, $4)
     on conflict (account_id) do update set read_until = greatest(books.read_until, excluded.read_until)`,
    [account.accountId, account.source, account.mode, until],
  );
}

export async function findReadUntil(tx: Tx, accountId: string): Promise<Date | null> {
  const [row] = await tx.query<{ read_until: Date }>(
    "payments.books_read",
    "select read_until from payments.books where account_id = $1",
    [accountId],
  );
  return row?.read_until ?? null;
}
