import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import type { IntentState } from "../../../vendors/stripe/index.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { findPayment } from "../payments/store.ts";
import { MAX_TRIES, isOver, type IntentRow } from "./intent.ts";
import { findIntent } from "./store.ts";

export type IntentAnswer = {
  payment: PaymentRow;
  triesLeft: number;
  clientSecret: string | null;
  nextUrl: string | null;
  payUrl: string;
};

export type Both = { payment: PaymentRow; intent: IntentRow };

export async function readIntent(deps: Pick<BillingDeps, "db">, org: OrgId, id: string): Promise<Both> {
  const both = await withTx(deps.db, org, async (tx) => ({
    payment: await findPayment(tx, org, id),
    intent: await findIntent(tx, org, id),
  }));
  assert(both.payment && both.intent, "a payment that was begun here is there");
  return { payment: both.payment, intent: both.intent };
}

/** 404 for another organization's, the other mode's, and for one that is paid on a company's page. */
export async function getIntent(
  deps: Pick<BillingDeps, "db">,
  org: OrgId,
  mode: Mode,
  id: string,
): Promise<Both> {
  const { payment, intent } = await withTx(deps.db, org, async (tx) => ({
    payment: await findPayment(tx, org, id),
    intent: await findIntent(tx, org, id),
  }));
  if (!payment || !intent || payment.mode !== mode) throw new Problem(common.not_found);
  return { payment, intent };
}

export function answerOf(
  { baseUrl }: Pick<BillingDeps, "baseUrl">,
  { payment, intent }: Both,
  state: Pick<IntentState, "clientSecret" | "nextUrl"> | null,
): IntentAnswer {
  const isWaiting = payment.status === "requires_action";
  return {
    payment,
    triesLeft: isOver(payment) ? 0 : Math.max(0, MAX_TRIES - intent.tries),
    clientSecret: state?.clientSecret ?? null,
    nextUrl: isWaiting ? (state?.nextUrl ?? null) : null,
    payUrl: new URL(`/pay/${payment.id}`, baseUrl).href,
  };
}
