/** SQL of breaks. */
import type { PaymentsBreaks } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import { newId, type Id } from "../../../../platform/ids.ts";
import { actionOf, type BreakAction, type BreakKind, type Finding, type Sides } from "./judge.ts";
import type { ProviderAccount } from "../books/provider-books.ts";

export const BREAK_STATES = ["late", "open", "resolved", "accepted"] as const;
export type BreakState = (typeof BREAK_STATES)[number];

export type BreakRow = Narrowed<
  Omit<PaymentsBreaks, "sides">,
  { id: Id<"brk">; kind: BreakKind; state: BreakState; action: string; mode: string }
> & { action: BreakAction; mode: "test" | "live"; sides: Sides };

/** A finding, and whether it is younger than ours may lag behind. */
export type Seen = Finding & { late: boolean };

/**
 * Writes what was found. A break found again keeps its row: what was resolved opens again, what was accepted stays so, and
 * its age is the first one's.
 */
export async function saveBreaks(
  tx: Tx,
  { accountId, mode }: ProviderAccount,
  found: readonly Seen[],
  now: Date,
): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((each) => ({
    id: newId("brk"),
    side: each.side,
    kind: each.kind,
    state: each.late ? "late" : "open",
    org_id: each.orgId,
    amount: String(each.amount),
    currency: each.currency,
    action: actionOf(each.kind),
    sides: each.sides,
    occurred_at: each.occurredAt,
  }));
  await tx.query(
    "payments.breaks_save",
    `insert into payments.breaks (id, account_id, mode, side, kind, state, org_id, amount, currency, action, sides,
       occurred_at, first_seen_at, seen_at)
     select n.id, $1, $2, n.side, n.kind, n.state, n.org_id, n.amount, n.currency, n.action, n.sides, n.occurred_at, $3, $3
     from jsonb_to_recordset($4::jsonb) as n (id text, side text, kind text, state text, org_id text, amount bigint,
       currency text, action text, sides jsonb, occurred_at timestamptz)
     order by n.side, n.kind
     on conflict (account_id, side, kind) do update set
       state = case when breaks.state = 'accepted' then breaks.state else excluded.state end,
       resolved_at = case when breaks.state = 'accepted' then breaks.resolved_at end,
       resolved_by = case when breaks.state = 'accepted' then breaks.resolved_by end,
       resolution = case when breaks.state = 'accepted' then breaks.resolution end,
       note = case when breaks.state = 'resolved' then null else breaks.note end,
       told_at = case when breaks.state = 'resolved' then null else breaks.told_at end,
       org_id = excluded.org_id, amount = excluded.amount, currency = excluded.currency, sides = excluded.sides,
       occurred_at = excluded.occurred_at, seen_at = excluded.seen_at`,
    [accountId, mode, now, JSON.stringify(rows)],
  );
}

/** Ends the breaks of a stretch of time that this comparison did not find again; how many. */
export async function settleBreaks(
  tx: Tx,
  accountId: string,
  scope: { from: Date; to: Date; kinds: readonly BreakKind[]; startedAt: Date },
  now: Date,
): Promise<number> {
  const rows = await tx.query(
    "payments.breaks_settle",
    `update payments.breaks set state = 'resolved', resolved_at = $6, resolved_by = 'reconciliation', resolution = 'agrees'
     where account_id = $1 and state in ('late', 'open') and occurred_at >= $2 and occurred_at < $3
       and kind = any($4::text[]) and seen_at < $5
     returning id`,
    [accountId, scope.from, scope.to, scope.kinds, scope.startedAt, now],
  );
  return rows.length;
}

export type BreakFilter = {
  mode: "test" | "live";
  accountId?: string | undefined;
  kind?: BreakKind | undefined;
  state?: BreakState | undefined;
  /** What it is about happened before this. */
  before?: Date | undefined;
  /** …and in [from, to). */
  from?: Date | undefined;
  to?: Date | undefined;
  limit: number;
  cursor: { at: Date; id: string } | null;
};

/** Newest first. */
export function listBreaks(tx: Tx, filter: BreakFilter): Promise<BreakRow[]> {
  return tx.query(
    "payments.breaks",
    `select * from payments.breaks
     where mode = $1 and ($2::text is null or account_id = $2) and ($3::text is null or kind = $3)
       and ($4::text is null or state = $4) and ($5::timestamptz is null or occurred_at <= $5)
       and ($6::timestamptz is null or occurred_at >= $6) and ($7::timestamptz is null or occurred_at < $7)
       and (occurred_at, id) < (coalesce($8::timestamptz, 'infinity'), coalesce($9, ''))
     order by occurred_at desc, id desc limit $10`,
    [
      filter.mode,
      filter.accountId ?? null,
      filter.kind ?? null,
      filter.state ?? null,
      filter.before ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}

export async function findBreak(tx: Tx, id: string): Promise<BreakRow | null> {
  const [row] = await tx.query<BreakRow>("payments.break", "select * from payments.breaks where id = $1", [
    id,
  ]);
  return row ?? null;
}

/** What an operator did about it. */
export async function noteBreak(
  tx: Tx,
  id: string,
  done: { state: BreakState; by: string; resolution: string; note: string; now: Date },
): Promise<void> {
  const ended = done.state === "accepted" || done.state === "resolved";
  await tx.query(
    "payments.break_note",
    `update payments.breaks set state = $2, resolved_by = $3, resolution = $4, note = $5, resolved_at = $6 where id = $1`,
    [id, done.state, done.by, done.resolution, done.note, ended ? done.now : null],
  );
}

export type BreakCount = {
  account_id: string;
  kind: BreakKind;
  state: BreakState;
  count: number;
  oldest: Date;
};

/** Unsettled breaks by account and kind; of a stretch of time when it is told. */
export function countBreaks(
  tx: Tx,
  scope: { mode: "test" | "live"; from?: Date; to?: Date },
): Promise<BreakCount[]> {
  return tx.query(
    "payments.breaks_count",
    `select account_id, kind, state, count(*)::int as count, min(occurred_at) as oldest from payments.breaks
     where mode = $1 and state in ('late', 'open') and ($2::timestamptz is null or occurred_at >= $2)
       and ($3::timestamptz is null or occurred_at < $3)
     group by account_id, kind, state order by account_id, kind, state`,
    [scope.mode, scope.from ?? null, scope.to ?? null],
  );
}

/** Open breaks that nobody was told of yet; they count as told from now on. */
export function takeUntold(tx: Tx, now: Date): Promise<BreakRow[]> {
  return tx.query(
    "payments.breaks_told",
    `update payments.breaks set told_at = $1 where id in (
       select id from payments.breaks where state = 'open' and told_at is null order by occurred_at limit 1000
       for update skip locked)
     returning *`,
    [now],
  );
}
