/** What falls due in Stripe, by world time or by a test clock. */
import type { World } from "../core/company.ts";
import { arrivedDue, payoutsDue, reconciledDue } from "./balance/payouts.ts";
import { expireDue } from "./checkout/sessions.ts";
import { finalizeDue, retryDue } from "./invoices/collect.ts";
import { settleCharge } from "./payments/charges.ts";
import { debitDue } from "./invoices/settle.ts";
import { decisionDue, openDispute, unansweredDue } from "./payments/disputes.ts";
import { warnDue } from "./payments/fraud-warnings.ts";
import { failedRefundDue, lateRefundDue, referenceRefund } from "./payments/refunds.ts";
import { incompleteDue } from "./subscriptions/create.ts";
import { pendingDue } from "./subscriptions/pending-update.ts";
import { cancelAtDue, cycleDue, resumesDue, trialWarningDue } from "./subscriptions/renew.ts";
import { upcomingDue } from "./subscriptions/warn.ts";
import { advanceDue, type DueHandlers } from "./time/test-clocks.ts";

/** What either clock may bring. */
const BILLING: DueHandlers = {
  "invoice.finalize": finalizeDue,
  "invoice.retry": retryDue,
  "subscription.cancel_at": cancelAtDue,
  "subscription.cycle": cycleDue,
  "subscription.incomplete": incompleteDue,
  "subscription.pending": pendingDue,
  "subscription.resumes": resumesDue,
  "subscription.trial_will_end": trialWarningDue,
  "subscription.upcoming": upcomingDue,
};

export const due: Readonly<Record<string, (world: World, payload: unknown) => void>> = {
  ...BILLING,
  "charge.settle": settleCharge,
  "debit.known": debitDue,
  "dispute.decide": decisionDue,
  "dispute.open": openDispute,
  "dispute.unanswered": unansweredDue,
  "fraud.warn": warnDue,
  "payout.arrived": arrivedDue,
  "payout.daily": payoutsDue,
  "payout.reconciled": reconciledDue,
  "refund.failed": failedRefundDue,
  "refund.late": lateRefundDue,
  "checkout.expire": expireDue,
  "refund.reference": referenceRefund,
  "test_clock.advance": advanceDue(BILLING),
};
