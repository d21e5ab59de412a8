import { addMs } from "../../../platform/clock.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { BillingDeps } from "../deps.ts";
import { readIntent } from "./answer.ts";
import { endIntent } from "./cancel-intent.ts";
import { ABANDONED_MS, isOurs, isUsedUp } from "./intent.ts";
import { mailAboutPayment } from "./mails.ts";
import { makeIntent } from "./make-intent.ts";
import { listDueIntents, noteMailed } from "./store.ts";

const MINUTE_MS = 60_000;
/** One this old is not being worked on by its request any more. */
const CUT_OFF_MS = MINUTE_MS;
const ABSENT_MS = 10 * MINUTE_MS;
/** Whoever has not answered their bank by then may have closed the browser, and is written to. */
const WAITING_MS = 5 * MINUTE_MS;
const AT_ONCE = 50;

/**
 * Looks after payments that stand still: cut off before their intent was known, waiting for their holder, refused three times,
 * or left for 23 hours. Returns how many were looked at. One that fails holds up no other.
 */
export async function sweepIntents(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { clock, db, logger } = deps;
  const now = clock.now();
  const times = {
    now,
    cutOff: addMs(now, -CUT_OFF_MS),
    lookedFor: addMs(now, -ABSENT_MS),
    waiting: addMs(now, -WAITING_MS),
  };
  const due = await withOperatorTx(db, (tx) => listDueIntents(tx, times, AT_ONCE));
  for (const { org_id, id } of due) {
    if (signal.aborted) break;
    try {
      await look(deps, org_id, id, now);
    } catch (err) {
      const isAway = err instanceof CompanyFault && err.kind === "unavailable";
      logger[isAway ? "warn" : "error"]({ err, payment_id: id }, "payment not looked after");
    }
  }
  return due.length;
}

async function look(deps: BillingDeps, org: OrgId, id: string, now: Date): Promise<void> {
  const { payment, intent } = await readIntent(deps, org, id);
  const isLeft = now.getTime() - intent.acted_at.getTime() > ABANDONED_MS;
  if (isOurs(payment) && (isLeft || isUsedUp(payment, intent))) return endIntent(deps, payment);
  // A wallet is charged in the call that makes the order: what became of that, its event tells.
  if (payment.status === "creating")
    return void (payment.provider === "stripe" && isOurs(payment) && (await makeIntent(deps, payment)));
  await withTx(deps.db, org, async (tx) => {
    if (!(await noteMailed(tx, org, id, now))) return;
    await mailAboutPayment(deps, tx, org, id, "billing.payment_waits");
  });
}
