import { CompanyFault } from "../../../platform/calls/index.ts";
import { type Tx, withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { availableOf, balances, type Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { endIntent } from "../intents/cancel-intent.ts";
import { confirmIntent } from "../intents/confirm-intent.ts";
import { isRefused } from "../intents/intent.ts";
import { insertIntentPayment } from "../intents/start-intent.ts";
import { findMethod, type MethodRow } from "../methods/store.ts";
import { creditsFor } from "../payments/pack.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { billingProblems } from "../problems.ts";
import { findPayment } from "../payments/store.ts";
import { mailTopupOff } from "./mails.ts";
import { listTopups, lockTopup, saveTopup, sumTopups } from "./store.ts";
import { isDue, monthOf, nextMonth, outcomeOf, settled, type TopupRow } from "./topup.ts";

const PAGE = 500;

/**
 * Looks at every organization that buys credits by itself: what is under way is settled, and who has fallen under the threshold
 * buys once. Never on the way of a call. Returns how many were acted for. One that fails holds up no other.
 */
export async function runTopups(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { clock, db, logger, stripe } = deps;
  const { mode } = stripe;
  let acted = 0;
  for (let after = ""; !signal.aborted;) {
    const { rows, available } = await withOperatorTx(db, async (tx) => {
      const page = await listTopups(tx, mode, after, PAGE);
      return {
        rows: page,
        available: await availableOf(
          tx,
          mode,
          "credit",
          page.map(({ org_id }) => org_id),
        ),
      };
    });
    for (const row of rows) {
      const isLow = (available.get(row.org_id) ?? 0n) < row.threshold_micros;
      const waits = row.next_try_at !== null && row.next_try_at > clock.now();
      const mayBegin = row.may_buy && isLow && !waits;
      if (signal.aborted || (row.operation_id === null && !mayBegin)) continue;
      try {
        await topUp(deps, row.org_id, mode, row.may_buy);
        acted += 1;
      } catch (err) {
        const isAway = err instanceof CompanyFault || err instanceof Problem;
        logger[isAway ? "warn" : "error"]({ err, org_id: row.org_id }, "credits not topped up");
      }
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = last.org_id;
  }
  return acted;
}

type Going = { paymentId: string; operationId: string; methodId: string };

async function topUp(deps: BillingDeps, org: OrgId, mode: Mode, mayBuy: boolean): Promise<void> {
  const { going, refused } = await withTx(deps.db, org, (tx) => decide(deps, tx, org, mode, mayBuy));
  if (refused) await endIntent(deps, refused);
  if (!going) return;
  const { methodId, operationId, paymentId } = going;
  try {
    await confirmIntent(deps, { orgId: org, mode, id: paymentId, methodId, offSession: true, operationId });
  } catch (error) {
    if (!(error instanceof Problem && error.kind === billingProblems.tax_address_required)) throw error;
  }
  // What that came to is settled at once, where it is known.
  const after = await withTx(deps.db, org, (tx) => decide(deps, tx, org, mode, false));
  if (after.refused) await endIntent(deps, after.refused);
}

/** Under the lock: settles the one under way, and begins the next when it is due. `refused`: one that nobody will pay any more. */
async function decide(
  deps: BillingDeps,
  tx: Tx,
  org: OrgId,
  mode: Mode,
  mayBegin: boolean,
): Promise<{ going: Going | null; refused: PaymentRow | null }> {
  const now = deps.clock.now();
  const locked = await lockTopup(tx, org, mode);
  if (!locked) return { going: null, refused: null };
  let row = locked;
  let refused: PaymentRow | null = null;
  if (row.operation_id !== null && row.payment_id !== null) {
    const payment = await findPayment(tx, org, row.payment_id);
    const outcome = payment && outcomeOf(payment);
    if (!payment || !outcome) return { going: goingOf(row), refused: null };
    // A bank that asks its holder is answered at /pay: that payment stays.
    if (isRefused(payment) && payment.failure_code !== "authentication_required") refused = payment;
    row = settled(row, outcome, now);
    if (locked.enabled && !row.enabled) await mailTopupOff(deps, tx, row);
  }
  const due = mayBegin ? await howDue(tx, row, now) : "not";
  const method = due === "now" ? await findMethod(tx, org, mode, row.method_id) : null;
  if (method) row = await begin(deps, tx, row, method);
  else if (due === "now") {
    row = { ...row, enabled: false, off_reason: "method_gone" };
    await mailTopupOff(deps, tx, row);
  } else if (due === "next month") row = { ...row, next_try_at: nextMonth(now) };
  if (row !== locked) {
    await saveTopup(tx, row);
    tx.afterCommit(() => deps.hub.publish("credits.changed", org));
  }
  return { going: method ? goingOf(row) : null, refused };
}

const goingOf = ({ method_id: methodId, operation_id, payment_id }: TopupRow): Going | null =>
  operation_id === null || payment_id === null
    ? null
    : { methodId, operationId: operation_id, paymentId: payment_id };

/** By the balance as it is now, not as it was when the list was read. */
async function howDue(tx: Tx, row: TopupRow, now: Date): Promise<"now" | "next month" | "not"> {
  const { org_id: org, mode } = row;
  const credit = (await balances(tx, org, mode, now)).find(({ unit }) => unit === "credit");
  const available = credit?.available ?? 0n;
  const spent = await sumTopups(tx, org, mode, monthOf(now));
  if (isDue(row, available, spent, now)) return "now";
  // Only the cap stands in its way.
  return isDue(row, available, 0n, now) ? "next month" : "not";
}

/** One in flight: its payment and this row are written together. */
async function begin(deps: BillingDeps, tx: Tx, row: TopupRow, method: MethodRow): Promise<TopupRow> {
  const operationId = `topup:${newId("idk")}`;
  const { account_id: accountId, mode, provider } = method;
  const paymentId = await insertIntentPayment(deps, tx, {
    orgId: row.org_id,
    actorId: "system",
    operationId,
    methodId: method.id,
    offSession: true,
    wanted: {
      purpose: "credits",
      pack_key: null,
      amount_minor: row.amount_minor,
      currency: row.currency,
      credits_micros: creditsFor(row.amount_minor),
      invoice_id: null,
    },
    company: { accountId, mode, provider },
  });
  return { ...row, payment_id: paymentId, operation_id: operationId };
}
