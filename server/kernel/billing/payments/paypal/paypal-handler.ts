import type { Handler } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { applyFacts } from "../apply.ts";
import { createFetchLimit } from "../fetch-limit.ts";
import type { Fact } from "../payment.ts";
import { prepareEvents, type Account } from "./prepare.ts";

const TYPES = [
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.ORDER.COMPLETED",
  "CHECKOUT.ORDER.PROCESSED",
  "CHECKOUT.ORDER.DECLINED",
  "CHECKOUT.ORDER.VOIDED",
  "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.PENDING",
  "PAYMENT.CAPTURE.DECLINED",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.CAPTURE.REVERSED",
  "PAYMENT.REFUND.PENDING",
  "PAYMENT.REFUND.FAILED",
] as const;

/** What PayPal tells about payments, as facts applied to our rows and books. */
export function paypalHandler(deps: BillingDeps, account: Account): Handler<Fact> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "paypal",
    types: new Set<string>(TYPES),
    prepare: (events) => prepareEvents(deps, account, limit, events),
    apply: (tx, org, facts, now) => applyFacts(deps, tx, org, facts, now),
  };
}
