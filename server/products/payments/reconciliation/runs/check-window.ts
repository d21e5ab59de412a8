import { findObjectStates, listUnknownOutcomes } from "../../../../kernel/billing/index.ts";
import { findCash, listCash, listStaleHolds, type CashEffect } from "../../../../kernel/ledger/index.ts";
import { findEventsOf } from "../../../../kernel/webhooks/index.ts";
import { addMs } from "../../../../platform/clock.ts";
import { withOperatorTx, withSystemTx } from "../../../../platform/db/index.ts";
import { saveBreaks, settleBreaks, type Seen } from "../breaks/break-store.ts";
import type { ReconciliationDeps } from "../deps.ts";
import {
  adjusted,
  BREAK_KINDS,
  judge,
  missingProvider,
  type BreakKind,
  type Finding,
} from "../breaks/judge.ts";
import type { ProviderBooks, ProviderRecord } from "../books/provider-books.ts";
import { readBooks } from "../books/read-books.ts";
import { findExplained, listRecords, saveComparisons, saveRecords, type ProviderRow } from "../store.ts";

/** Lines and effects that are compared at once. */
const PAGE = 500;
/** Effects of one comparison that the company is asked about one by one. */
const MOST_ASKED = 200;
const MOST_STANDING = 1_000;

const STANDING: readonly BreakKind[] = ["expired_hold", "unknown_outcome"];
const COMPARED: readonly BreakKind[] = BREAK_KINDS.filter((kind) => !STANDING.includes(kind));
const EVER = { from: new Date(0), to: new Date("9999-01-01") };

export type Window = { from: Date; to: Date };

/**
 * Compares one account's books of a stretch of time with the inbox and the ledger: reads them, lets what no event tells
 * enter the inbox, and writes what does not agree as breaks. Breaks of that time that are not found again are resolved.
 * Safe to run again, and beside itself.
 */
export async function checkWindow(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  window: Window,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = deps.clock.now();
  await readBooks(deps, books, window, signal);
  await compareRecords(deps, books, window, signal);
  await compareLedger(deps, books, window, signal);
  const now = deps.clock.now();
  await withSystemTx(deps.db, (tx) =>
    settleBreaks(tx, books.accountId, { ...window, kinds: COMPARED, startedAt }, now),
  );
}

/** The company's side: every line has its event, its effect, its fee. */
async function compareRecords(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  window: Window,
  signal: AbortSignal,
): Promise<void> {
  for (let after = ""; ;) {
    signal.throwIfAborted();
    const page = { ...window, after, limit: PAGE };
    const rows = await withSystemTx(deps.db, (tx) => listRecords(tx, books.accountId, page));
    if (rows.length === 0) return;
    await comparePage(deps, books, rows);
    after = rows.at(-1)?.id ?? "";
  }
}

async function comparePage(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  rows: readonly ProviderRow[],
): Promise<void> {
  const { accountId, mode } = books;
  const ids = rows.map(({ object_id }) => object_id);
  const references = rows
    .flatMap((row) => [row.reference, row.fee_reference])
    .flatMap((reference) => [reference, adjusted(reference)]);
  const events = await withSystemTx(deps.db, (tx) => findEventsOf(tx, books, ids));
  const { cash, states } = await withOperatorTx(deps.db, async (tx) => ({
    cash: await findCash(tx, { account: `clearing:${accountId}`, mode }, references),
    states: await findObjectStates(tx, accountId, ids),
  }));
  const byReference = Map.groupBy(cash, ({ reference }) => reference);
  const now = deps.clock.now();
  const seen: Seen[] = [];
  const compared = rows.map((row) => {
    const event = events.find(({ objectId }) => objectId === row.object_id) ?? null;
    const state = states.find(({ objectId }) => objectId === row.object_id) ?? null;
    const under = (reference: string) => byReference.get(reference) ?? [];
    const effects = under(row.reference);
    const adjustments = under(adjusted(row.reference));
    const fees = [...under(row.fee_reference), ...under(adjusted(row.fee_reference))];
    const findings = judge({ record: recordOf(row), event, effects, adjustments, fees, state });
    // A line that no event tells of could not be known before it was read.
    const since = row.kind === "account" ? row.first_seen_at : row.occurred_at;
    seen.push(...aged(findings, books, now, since));
    const effectsNet = net([...effects, ...adjustments, ...fees], row.currency);
    const told = event?.count ?? 0;
    return { id: row.id, events: told, effects: effects.length, effectsNet, matched: findings.length === 0 };
  });
  await withSystemTx(deps.db, async (tx) => {
    await saveComparisons(tx, accountId, compared, now);
    await saveBreaks(tx, books, seen, now);
  });
}

const net = (effects: readonly CashEffect[], currency: string): bigint =>
  effects.reduce((sum, { unit, amount }) => (unit === currency ? sum + amount : sum), 0n);

const aged = (findings: readonly Finding[], { lateMs }: ProviderBooks, now: Date, since?: Date): Seen[] =>
  findings.map((each) => ({
    ...each,
    late: now.getTime() - (since ?? each.occurredAt).getTime() < lateMs,
  }));

/** Our side: every effect is explained by a line. What is not is asked about, since its line may be of another day. */
async function compareLedger(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  window: Window,
  signal: AbortSignal,
): Promise<void> {
  const account = { account: `clearing:${books.accountId}`, mode: books.mode };
  let questions = MOST_ASKED;
  for (let after = ""; ;) {
    signal.throwIfAborted();
    const page = { ...window, after, limit: PAGE };
    const effects = await withOperatorTx(deps.db, (tx) => listCash(tx, account, page));
    if (effects.length === 0) return;
    let unexplained = await withoutLine(deps, books, effects);
    // What the company may not list yet is not asked about.
    const listed = addMs(deps.clock.now(), -books.listedAfterMs);
    const askable = unexplained.filter(({ postedAt }) => postedAt <= listed);
    const objects = [...new Set(askable.flatMap((effect) => objectOf(books, effect) ?? []))];
    for (const id of objects.slice(0, questions)) await ask(deps, books, id);
    questions = Math.max(0, questions - objects.length);
    if (objects.length > 0) unexplained = await withoutLine(deps, books, unexplained);
    const now = deps.clock.now();
    const seen = aged(unexplained.map(missingProvider), books, now);
    await withSystemTx(deps.db, (tx) => saveBreaks(tx, books, seen, now));
    after = effects.at(-1)?.transactionId ?? "";
  }
}

async function withoutLine(
  { db }: ReconciliationDeps,
  { accountId }: ProviderBooks,
  effects: readonly CashEffect[],
): Promise<CashEffect[]> {
  const nameOf = ({ reference }: CashEffect) => reference.replace(/:adjusted$/, "");
  const explained = await withSystemTx(db, (tx) => findExplained(tx, accountId, effects.map(nameOf)));
  return effects.filter((effect) => !explained.has(nameOf(effect)));
}

/** The object that a reference names; null for what does not name one of this account. */
function objectOf({ source, accountId }: ProviderBooks, { reference }: CashEffect): string | null {
  const start = `${source}:${accountId}:`;
  return reference.startsWith(start) ? (reference.slice(start.length).split(":")[0] ?? null) : null;
}

async function ask({ db, clock }: ReconciliationDeps, books: ProviderBooks, objectId: string): Promise<void> {
  const records: ProviderRecord[] = await books.find(objectId);
  await withSystemTx(db, (tx) => saveRecords(tx, books, records, clock.now()));
}

/** What waits for a company's answer, whenever it began: rows whose outcome is unknown, holds past their deadline. */
export async function checkStanding(deps: ReconciliationDeps, books: ProviderBooks): Promise<void> {
  const now = deps.clock.now();
  const { rows, holds } = await withOperatorTx(deps.db, async (tx) => ({
    rows: await listUnknownOutcomes(tx, books, now, MOST_STANDING),
    // Holds are of no account; the first account of the mode keeps them.
    holds: isFirst(deps, books) ? await listStaleHolds(tx, books.mode, now, MOST_STANDING) : [],
  }));
  const bare = { provider: null, event: null, ledger: [], row: null };
  const findings: Finding[] = [
    ...rows.map((row) => ({
      side: `${row.kind}:${row.rowId}`,
      kind: "unknown_outcome" as const,
      amount: row.amountMinor,
      currency: row.currency,
      orgId: row.orgId,
      sides: { ...bare, row: { id: row.rowId, org_id: row.orgId, status: row.status } },
      occurredAt: row.createdAt,
    })),
    ...holds.map((hold) => ({
      side: `hold:${hold.id}`,
      kind: "expired_hold" as const,
      amount: hold.amount,
      currency: hold.unit,
      orgId: hold.orgId,
      sides: { ...bare, row: { id: hold.id, org_id: hold.orgId, status: hold.owner } },
      occurredAt: hold.deadlineAt,
    })),
  ];
  await withSystemTx(deps.db, async (tx) => {
    await saveBreaks(tx, books, aged(findings, books, now), now);
    await settleBreaks(tx, books.accountId, { ...EVER, kinds: STANDING, startedAt: now }, now);
  });
}

const isFirst = ({ books }: ReconciliationDeps, { accountId, mode }: ProviderBooks): boolean =>
  books.find((each) => each.mode === mode)?.accountId === accountId;

const recordOf = (row: ProviderRow): Omit<ProviderRecord, "record" | "isFee"> => ({
  id: row.id,
  movement: row.kind,
  objectId: row.object_id,
  amountMinor: row.amount_minor,
  feeMinor: row.fee_minor,
  netMinor: row.net_minor,
  currency: row.currency,
  occurredAt: row.occurred_at,
});
