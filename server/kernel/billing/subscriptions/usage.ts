import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { balances, sumPeriod, type Mode } from "../../ledger/index.ts";
import { countMembers } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { addMonths, monthsSince } from "../plans/calendar.ts";
import { findFreeMonths } from "../plans/store.ts";
import { readCurrent, seatsOf } from "./read.ts";

const SOON_MS = 7 * 86_400_000;

export type PlanUsage = {
  start: Date;
  end: Date;
  /** Micro-credits. */
  credits: { granted: bigint; used: bigint; held: bigint; available: bigint; expiring: bigint };
  seats: { limit: number; used: number };
};

/** The month that runs, what of its credits is used, and of the plan's limits. */
export function readUsage(deps: BillingDeps, org: OrgId, mode: Mode): Promise<PlanUsage> {
  return withTx(deps.db, org, async (tx) => {
    const now = deps.clock.now();
    const { access, plan, row } = await readCurrent(deps, tx, org, mode);
    const free = await findFreeMonths(tx, org, mode);
    const anchor = (access === "free" ? free?.anchor_at : row?.period_start) ?? now;
    const month = monthsSince(anchor, now);
    const start = addMonths(anchor, month);
    const credit = (await balances(tx, org, mode, now)).find(({ unit }) => unit === "credit");
    const sums = await sumPeriod(tx, org, {
      mode,
      unit: "credit",
      from: start,
      now,
      until: addMs(now, SOON_MS),
    });
    return {
      start,
      end: addMonths(anchor, month + 1),
      credits: { ...sums, held: credit?.held ?? 0n, available: credit?.available ?? 0n },
      seats: { limit: seatsOf(deps, plan), used: (await countMembers(tx, org)).all },
    };
  });
}
