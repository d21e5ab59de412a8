import type { Gate } from "../../../kernel/ledger/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { budgetOf, endOf, PERIODS, startOf, type Bound, type Period } from "./bound.ts";
import { overBudget, tooManyAtOnce } from "./refusals.ts";
import {
  listRunning,
  readWindows,
  saveWindows,
  type Budgeted,
  type Running,
  type WindowRow,
} from "./store.ts";

/** A hold, as far as limits look at it. */
export type Judged = {
  mode: "test" | "live";
  amount: bigint;
  /** A model call; what programs reserve is none. */
  call: boolean;
  bounds: readonly Bound[];
};

type Subject = { calls: number; held: Record<Period, bigint> };
type Window = Budgeted & { spent: bigint; known: WindowRow; refused: boolean };

/**
 * The gate of one transaction's holds: calls at once, and budgets with open holds. Null, and no query, where none of them is
 * bound. What it reads is read under the lock of the wallets, so nobody holds or settles beside it.
 */
export function openGate(tx: Tx, org: OrgId, items: readonly Judged[], now: Date): Promise<Gate> | null {
  const bound = items.find(({ bounds }) => bounds.length > 0);
  if (!bound) return null;
  // Sent in this turn, behind the lock.
  return load(tx, org, items, { mode: bound.mode, now });
}

async function load(
  tx: Tx,
  org: OrgId,
  items: readonly Judged[],
  { mode, now }: { mode: "test" | "live"; now: Date },
): Promise<Gate> {
  const starts = { day: startOf("day", now), month: startOf("month", now) };
  const wanted = wantedOf(items, starts);
  const [running, rows] = await Promise.all([
    listRunning(tx, org, { mode, monthStart: starts.month, dayStart: starts.day }),
    wanted.length > 0 ? readWindows(tx, org, mode, wanted) : [],
  ]);
  const subjects = subjectsOf(org, running);
  const windows = windowsOf(wanted, rows);
  return {
    judge(at) {
      const { bounds, amount, call } = itemAt(items, at);
      for (const bound of bounds) {
        const subject = subjects.get(bound.id);
        if (call && bound.concurrency !== null && (subject?.calls ?? 0) >= bound.concurrency)
          return { problem: tooManyAtOnce(bound, bound.concurrency), roomMicros: null };
        for (const period of PERIODS) {
          const limit = budgetOf(bound, period);
          const window = windows.get(`${bound.id} ${period}`);
          if (limit === null || !window) continue;
          const room = limit - window.spent - (subject?.held[period] ?? 0n);
          if (amount <= room) continue;
          window.refused = true;
          const roomMicros = room > 0n ? room : 0n;
          const resetsAt = endOf(period, starts[period]);
          return { problem: overBudget(bound, { limit, amount, roomMicros, resetsAt }), roomMicros };
        }
      }
      return null;
    },
    held(at) {
      const { bounds, amount, call } = itemAt(items, at);
      for (const { id } of bounds) {
        const subject = subjects.get(id) ?? { calls: 0, held: { day: 0n, month: 0n } };
        subject.calls += call ? 1 : 0;
        subject.held.day += amount;
        subject.held.month += amount;
        subjects.set(id, subject);
      }
    },
    async end() {
      const changed = [...windows.values()].filter(isNews);
      if (changed.length === 0) return;
      await saveWindows(
        tx,
        org,
        mode,
        changed.map(({ spent, known: _known, refused, ...row }) => ({
          ...row,
          spent_micros: spent,
          refused_at: refused ? now : null,
        })),
      );
    },
  };
}

function itemAt(items: readonly Judged[], at: number): Judged {
  const item = items[at];
  assert(item, "each hold has its item");
  return item;
}

/** Every window that some budget of these counts in, once. */
function wantedOf(items: readonly Judged[], starts: Record<Period, Date>): Budgeted[] {
  const wanted = new Map<string, Budgeted>();
  for (const { bounds } of items)
    for (const bound of bounds)
      for (const period of PERIODS) {
        const limit = budgetOf(bound, period);
        if (limit === null) continue;
        wanted.set(`${bound.id} ${period}`, {
          subject_type: bound.type,
          subject_id: bound.id,
          period,
          starts_at: starts[period],
          limit_micros: limit,
          alert_percents: bound.alertPercents,
        });
      }
  return [...wanted.values()];
}

function windowsOf(wanted: readonly Budgeted[], rows: readonly WindowRow[]): Map<string, Window> {
  const known = new Map(rows.map((row) => [`${row.subject_id} ${row.period}`, row]));
  return new Map(
    wanted.map((key) => {
      const name = `${key.subject_id} ${key.period}`;
      const row = known.get(name);
      assert(row, "every window that was asked for is answered");
      return [name, { ...key, spent: row.spent_micros, known: row, refused: false }];
    }),
  );
}

/** New, with another budget than it was told, or refusing for the first time. */
const isNews = ({ limit_micros: limit, alert_percents: percents, known, refused }: Window): boolean =>
  known.limit_micros !== limit ||
  known.alert_percents?.join() !== percents.join() ||
  (refused && known.refused_at === null);

/** What runs now, summed up for the organization, each person and each key. */
export function subjectsOf(org: OrgId, running: readonly Running[]): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const row of running)
    for (const id of [org, row.person_id, row.credential_id]) {
      if (id === null) continue;
      const subject = subjects.get(id) ?? { calls: 0, held: { day: 0n, month: 0n } };
      subject.calls += row.calls;
      subject.held.day += row.held_day;
      subject.held.month += row.held_month;
      subjects.set(id, subject);
    }
  return subjects;
}
