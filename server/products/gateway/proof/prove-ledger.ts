import { capturesOf, listCaptures, sumCaptures } from "../../../kernel/ledger/index.ts";
import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import { addMs } from "../../../platform/clock.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import { attemptSumsOf, listAttemptSums, sumAttempts } from "./attempts-store.ts";
import type { Day } from "./day.ts";
import { gather, ofCall, type Finding, type Mode, type Sides } from "./finding.ts";

const OWNER = "gateway";
const HOUR_MS = 3_600_000;
/** An attempt and its posting are written together, dated by clocks that differ a little. */
const APART_MS = 60_000;
/** Calls of one organization within an hour. */
const MOST_CALLS = 500_000;
const AT_ONCE = 1_000;

type Hour = { org: OrgId; mode: Mode; hour: Date };

/**
 * Attempts beside ledger debits, per organization: first by the hour, then call by call where an hour differs. A call counts
 * as broken when all of its attempts and all of its postings, whenever written, do not come to the same.
 */
export async function proveLedger(
  db: Db,
  day: Day,
  signal: AbortSignal,
): Promise<{ sides: Sides[]; found: Finding[] }> {
  const { sides, differing } = await compareHours(db, day);
  const found: Finding[] = [];
  for (const hour of differing) {
    signal.throwIfAborted();
    found.push(...(await compareCalls(db, hour)));
  }
  return { sides, found: gather(found) };
}

async function compareHours(db: Db, day: Day): Promise<{ sides: Sides[]; differing: Hour[] }> {
  const [attempts, captures] = await withOperatorTx(db, async (tx) => [
    await sumAttempts(tx, day),
    await sumCaptures(tx, OWNER, day),
  ]);
  const hours = new Map<string, Hour & { ours: string; theirs: string }>();
  const sides = new Map<Mode, Sides>();
  const at = (row: { org_id: OrgId; mode: Mode; hour: Date }) => {
    const key = `${row.org_id} ${row.mode} ${row.hour.getTime()}`;
    const known = hours.get(key) ?? {
      org: row.org_id,
      mode: row.mode,
      hour: row.hour,
      ours: "0",
      theirs: "0",
    };
    hours.set(key, known);
    const side = sides.get(row.mode) ?? emptySides(row.mode);
    sides.set(row.mode, side);
    return { known, side };
  };
  for (const row of attempts) {
    const { known, side } = at(row);
    known.ours = row.weighted;
    side.oursAtto += row.micros * ATTO_PER_MICRO;
    side.calls += row.calls;
    side.checked += row.calls;
  }
  for (const row of captures) {
    const { known, side } = at(row);
    known.theirs = row.weighted;
    side.theirsAtto = (side.theirsAtto ?? 0n) + row.micros * ATTO_PER_MICRO;
  }
  const differing = [...hours.values()].filter(({ ours, theirs }) => ours !== theirs);
  return { sides: [...sides.values()], differing };
}

const emptySides = (mode: Mode): Sides => ({
  mode,
  side: "ledger",
  source: "ledger",
  calls: 0n,
  checked: 0n,
  oursAtto: 0n,
  theirsAtto: 0n,
});

type Call = { requestId: string | null; ours: bigint; theirs: bigint };

/** The calls of an hour, and of a minute about it, that differ in all that they ever cost. */
async function compareCalls(db: Db, { org, mode, hour }: Hour): Promise<Finding[]> {
  const window = { from: addMs(hour, -APART_MS), to: addMs(hour, HOUR_MS + APART_MS) };
  const of = { org, mode, ...window, limit: MOST_CALLS };
  const [requests, captures] = await withOperatorTx(db, async (tx) => [
    await listAttemptSums(tx, of),
    await listCaptures(tx, OWNER, of),
  ]);
  assert(requests.length < MOST_CALLS && captures.length < MOST_CALLS, "an hour's calls can be compared");
  const calls = new Map<HoldId, Call>();
  for (const row of requests)
    calls.set(row.hold_id, { requestId: row.request_id, ours: row.micros, theirs: 0n });
  for (const row of captures) {
    const known = calls.get(row.hold_id) ?? { requestId: null, ours: 0n, theirs: 0n };
    calls.set(row.hold_id, { ...known, theirs: row.micros });
  }
  const suspects = [...calls].filter(([, { ours, theirs }]) => ours !== theirs);
  const found: Finding[] = [];
  for (let begin = 0; begin < suspects.length; begin += AT_ONCE)
    found.push(...(await compareWhole(db, { org, mode }, suspects.slice(begin, begin + AT_ONCE))));
  return found;
}

async function compareWhole(
  db: Db,
  { org, mode }: { org: OrgId; mode: Mode },
  suspects: readonly [HoldId, Call][],
): Promise<Finding[]> {
  const ids = suspects.flatMap(([, { requestId }]) => requestId ?? []);
  const holds = suspects.map(([hold]) => hold);
  const [attempts, captures] = await withOperatorTx(db, async (tx) => [
    await attemptSumsOf(tx, org, ids),
    await capturesOf(tx, OWNER, org, holds),
  ]);
  const ours = new Map(attempts.map((row) => [row.hold_id, row]));
  const theirs = new Map(captures.map((row) => [row.hold_id, row.micros]));
  return holds.flatMap((hold) => {
    const attempt = ours.get(hold);
    const sums = {
      oursAtto: (attempt?.micros ?? 0n) * ATTO_PER_MICRO,
      theirsAtto: (theirs.get(hold) ?? 0n) * ATTO_PER_MICRO,
      id: attempt?.request_id ?? hold,
    };
    if (sums.oursAtto === sums.theirsAtto) return [];
    const kind = !attempt ? "attempt_missing" : theirs.has(hold) ? "ledger_amount" : "ledger_missing";
    return [ofCall({ mode, kind, subject: org }, sums)];
  });
}
