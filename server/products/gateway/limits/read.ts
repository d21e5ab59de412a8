import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { boundsOf, budgetOf, endOf, PERIODS, startOf, tightestOf, type Bound, type Period } from "./bound.ts";
import { subjectsOf } from "./gate.ts";
import { measuresOf } from "./rates.ts";
import { listRules, listRunning, readWindows, type StoredRule } from "./store.ts";

/** How one subject's limits stand. */
export type Standing = Bound & {
  used: { rpm: number; tpm: number; concurrency: number; dailyMicros: bigint; monthlyMicros: bigint };
  held: bigint;
  resetsAt: { daily: Date; monthly: Date };
  tightest: string | null;
};

/** Every limit that binds the caller, with what is used of it. */
export async function readLimits(gateway: Gateway, actor: Actor): Promise<Standing[]> {
  const policy = await gateway.policies.of(actor.orgId, actor.mode);
  return standingsOf(gateway, actor, boundsOf(actor, policy));
}

/** What admins have set, for the organization and for persons; keys' limits stand with the keys. */
export const readRules = ({ deps }: Gateway, { orgId }: Actor): Promise<StoredRule[]> =>
  withTx(deps.db, orgId, (tx) => listRules(tx, orgId));

export async function standingsOf(
  { deps }: Pick<Gateway, "deps">,
  { orgId, mode }: Pick<Actor, "orgId" | "mode">,
  bounds: readonly Bound[],
): Promise<Standing[]> {
  const now = deps.clock.now();
  const starts = { day: startOf("day", now), month: startOf("month", now) };
  const keys = bounds.flatMap((bound) =>
    PERIODS.map((period) => ({
      subject_type: bound.type,
      subject_id: bound.id,
      period,
      starts_at: starts[period],
    })),
  );
  const measures = measuresOf(bounds, 0);
  const [gauged, [running, windows]] = await Promise.all([
    deps.limiter.meter.look(measures.map(({ measure }) => measure)),
    withTx(deps.db, orgId, (tx) =>
      Promise.all([
        listRunning(tx, orgId, { mode, monthStart: starts.month, dayStart: starts.day }),
        readWindows(tx, orgId, mode, keys),
      ]),
    ),
  ]);
  const subjects = subjectsOf(orgId, running);
  return bounds.map((bound) => {
    const subject = subjects.get(bound.id);
    const rate = (name: "rpm" | "tpm") => {
      const at = measures.findIndex((each) => each.bound === bound && each.rate === name);
      return gauged[at]?.used ?? 0;
    };
    const spent = (period: Period) =>
      (windows.find((row) => row.subject_id === bound.id && row.period === period)?.spent_micros ?? 0n) +
      (subject?.held[period] ?? 0n);
    const used = {
      rpm: rate("rpm"),
      tpm: rate("tpm"),
      concurrency: subject?.calls ?? 0,
      dailyMicros: spent("day"),
      monthlyMicros: spent("month"),
    };
    return {
      ...bound,
      used,
      held: subject?.held.month ?? 0n,
      resetsAt: { daily: endOf("day", starts.day), monthly: endOf("month", starts.month) },
      tightest: tightest(bound, used),
    };
  });
}

const numberOf = (micros: bigint | null): number | null => (micros === null ? null : Number(micros));

function tightest(bound: Bound, used: Standing["used"]): string | null {
  return tightestOf([
    { name: "budget_daily_micros", used: Number(used.dailyMicros), limit: numberOf(budgetOf(bound, "day")) },
    {
      name: "budget_monthly_micros",
      used: Number(used.monthlyMicros),
      limit: numberOf(budgetOf(bound, "month")),
    },
    { name: "rpm", used: used.rpm, limit: bound.rpm },
    { name: "tpm", used: used.tpm, limit: bound.tpm },
    { name: "concurrency", used: used.concurrency, limit: bound.concurrency },
  ]);
}
