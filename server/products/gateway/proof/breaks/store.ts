/** SQL of what the proof found. */
import type { GatewayProofBreaks } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import { newId, type Id } from "../../../../platform/ids.ts";
import { formatAtto } from "../../../../platform/money.ts";
import type { Day } from "../day.ts";
import type { BreakKind, Finding, Mode } from "../finding.ts";

export const BREAK_STATES = ["open", "resolved", "accepted"] as const;
export type BreakState = (typeof BREAK_STATES)[number];

export type BreakRow = Narrowed<
  Omit<GatewayProofBreaks, "examples">,
  { id: Id<"brk">; kind: BreakKind; state: BreakState; mode: Mode }
> & { examples: string[] };

/** Amounts as the shortest exact decimals. */
const COLUMNS = `id, day, mode, kind, subject, state, trim_scale(amount_usd)::text as amount_usd,
  trim_scale(ours_usd)::text as ours_usd, trim_scale(theirs_usd)::text as theirs_usd, calls, examples, first_seen_at, seen_at,
  told_at, resolved_at, resolved_by, note`;

/**
 * Writes what was found of a day. Found again it keeps its row: what was resolved opens again, what was accepted stays so.
 */
export async function saveBreaks(tx: Tx, day: Day, found: readonly Finding[], now: Date): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((each) => ({
    id: newId("brk"),
    mode: each.mode,
    kind: each.kind,
    subject: each.subject,
    amount_usd: formatAtto(each.amountAtto),
    ours_usd: formatAtto(each.oursAtto),
    theirs_usd: formatAtto(each.theirsAtto),
    calls: each.calls,
    examples: each.examples,
  }));
  await tx.query(
    "gateway.proof_breaks_save",
    `insert into gateway.proof_breaks as b (id, day, mode, kind, subject, state, amount_usd, ours_usd, theirs_usd, calls,
       examples, first_seen_at, seen_at)
     select n.id, $1, n.mode, n.kind, n.subject, 'open', n.amount_usd, n.ours_usd, n.theirs_usd, n.calls, n.examples, $2, $2
     from jsonb_to_recordset($3::jsonb) as n (id text, mode text, kind text, subject text, amount_usd numeric,
       ours_usd numeric, theirs_usd numeric, calls int, examples jsonb)
     order by n.mode, n.kind, n.subject
     on conflict (day, mode, kind, subject) do update
     set state = case when b.state = 'accepted' then b.state else 'open' end,
         resolved_at = case when b.state = 'accepted' then b.resolved_at end,
         resolved_by = case when b.state = 'accepted' then b.resolved_by end,
         note = case when b.state = 'accepted' then b.note end,
         told_at = case when b.state = 'resolved' then null else b.told_at end,
         amount_usd = excluded.amount_usd, ours_usd = excluded.ours_usd, theirs_usd = excluded.theirs_usd,
         calls = excluded.calls, examples = excluded.examples, seen_at = excluded.seen_at`,
    [day.name, now, JSON.stringify(rows)],
  );
}

/** Ends those breaks of a day that a comparison of these kinds did not find again; of one subject, or of all. */
export async function settleBreaks(
  tx: Tx,
  day: Day,
  { kinds, subject }: { kinds: readonly BreakKind[]; subject: string | null },
  now: Date,
): Promise<void> {
  await tx.query(
    "gateway.proof_breaks_settle",
    `update gateway.proof_breaks set state = 'resolved', resolved_at = $4, resolved_by = 'proof'
     where day = $1 and state = 'open' and kind = any($2::text[]) and ($3::text is null or subject = $3) and seen_at < $4`,
    [day.name, kinds, subject, now],
  );
}

export const countOpen = async (tx: Tx, day: Day): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    "gateway.proof_breaks_open",
    `select count(*)::int as n from gateway.proof_breaks where day = $1 and state = 'open'`,
    [day.name],
  );
  return row?.n ?? 0;
};

export type BreakCount = { kind: BreakKind; mode: Mode; count: number };

export const countByKind = (tx: Tx): Promise<BreakCount[]> =>
  tx.query(
    "gateway.proof_breaks_by_kind",
    `select kind, mode, count(*)::int as count from gateway.proof_breaks where state = 'open' group by 1, 2 order by 1, 2`,
  );

/** Open ones that nobody was told of, now told. */
export const takeUntold = (tx: Tx, now: Date): Promise<{ mode: Mode; kind: BreakKind }[]> =>
  tx.query(
    "gateway.proof_breaks_untold",
    `update gateway.proof_breaks set told_at = $1 where state = 'open' and told_at is null returning mode, kind`,
    [now],
  );

/** Newest first. */
export const listBreaks = (
  tx: Tx,
  filter: { mode: Mode; state: BreakState | null; limit: number; cursor: { at: Date; id: string } | null },
): Promise<BreakRow[]> =>
  tx.query(
    "gateway.proof_breaks",
    `select ${COLUMNS} from gateway.proof_breaks
     where mode = $1 and ($2::text is null or state = $2)
       and (first_seen_at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4, ''))
     order by first_seen_at desc, id desc limit $5`,
    [filter.mode, filter.state, filter.cursor?.at ?? null, filter.cursor?.id ?? null, filter.limit],
  );

/** Keeps an open break as it is for good; null when there is none of that mode that is open. */
export async function acceptBreak(
  tx: Tx,
  { id, mode, note, by, now }: { id: Id<"brk">; mode: Mode; note: string; by: string; now: Date },
): Promise<BreakRow | null> {
  const [row] = await tx.query<BreakRow>(
    "gateway.proof_break_accept",
    `update gateway.proof_breaks set state = 'accepted', resolved_at = $3, resolved_by = $4, note = $5
     where id = $1 and mode = $2 and state = 'open' returning ${COLUMNS}`,
    [id, mode, now, by, note],
  );
  return row ?? null;
}

export async function findBreak(tx: Tx, id: Id<"brk">, mode: Mode): Promise<BreakRow | null> {
  const [row] = await tx.query<BreakRow>(
    "gateway.proof_break",
    `select ${COLUMNS} from gateway.proof_breaks where id = $1 and mode = $2`,
    [id, mode],
  );
  return row ?? null;
}
