import { type Tx, withOperatorTx, withTx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import type { Mode } from "../ledger/index.ts";
import type { AnyHandler } from "../webhooks/index.ts";
import { checkoutStatus, type CheckoutAnswer } from "./payments/checkout-status.ts";
import { customerHandler } from "./payers/stripe-handler.ts";
import { eraseCopies } from "./payers/erase-copies.ts";
import { createCustomerTeller } from "./payers/tell-customers.ts";
import type { BillingDeps } from "./deps.ts";
import type { PaymentRow } from "./payments/payment.ts";
import { readCustomer, type Customer } from "./customers/read.ts";
import { listCustomers, type CustomerFilter, type CustomerView } from "./customers/store.ts";
import { listDisputeViews, type DisputeFilter, type DisputeView } from "./disputes/store.ts";
import { paypalDisputeHandler } from "./disputes/paypal-handler.ts";
import { stripeDisputeHandler } from "./disputes/stripe-handler.ts";
import { sweepIntents } from "./intents/sweep-intents.ts";
import { createFreeMonths } from "./plans/free-months.ts";
import { runClock } from "./subscriptions/deadlines/clock.ts";
import {
  planOf,
  readCurrent,
  readPlanNow,
  seatsOf,
  type Current,
  type PlanNow,
} from "./subscriptions/read.ts";
import { byMode, recurringHandler } from "./subscriptions/facts/stripe-handler.ts";
import { createQuestions } from "./questions.ts";
import { subscriptionStatus } from "./subscriptions/checkouts/checkout-status.ts";
import { forgetTrials } from "./subscriptions/trials/trial-marks.ts";
import { watchChanges } from "./subscriptions/changes/watch-changes.ts";
import { watchSubscriptions } from "./subscriptions/deadlines/watch.ts";
import { readUsage, type PlanUsage } from "./subscriptions/usage.ts";
import { postFees } from "./payments/post-fees.ts";
import { purchase, type PurchaseInput } from "./payments/purchase.ts";
import { resumePurchases } from "./payments/resume.ts";
import type { StartedSession } from "./payments/start-session.ts";
import { findPayment, listPayments } from "./payments/store.ts";
import { listSteps, type PaymentStep } from "./payments/timeline.ts";
import { approveRefund } from "./refunds/approve.ts";
import { requestRefund, type RefundInput } from "./refunds/request.ts";
import { resumeRefunds } from "./refunds/resume.ts";
import { listRefundViews, type RefundView } from "./refunds/store.ts";
import { paypalHandler } from "./payments/paypal/paypal-handler.ts";
import { sweepOrders } from "./payments/paypal/sweep-orders.ts";
import { paypalWalletHandler } from "./methods/paypal-handler.ts";
import { runTopups } from "./topups/run-topups.ts";
import { sweepSetups } from "./methods/wallets.ts";
import { carryChanges } from "./subscriptions/paypal/carry-changes.ts";
import { paypalRecurringHandler } from "./subscriptions/paypal/paypal-handler.ts";
import { stripeHandler } from "./payments/stripe/stripe-handler.ts";
import { thinHandler } from "./thin-handler.ts";

/** Billing's actions, their dependencies at hand. */
export type Billing = {
  readonly deps: BillingDeps;
  /** Give them to `createInbox`. */
  readonly handlers: readonly AnyHandler[];
  purchase(input: PurchaseInput): Promise<StartedSession>;
  /** For the holder of a session's or payment's id. */
  checkoutStatus(id: string): Promise<CheckoutAnswer>;
  /** Newest first, one more than `limit` when there are more. */
  payments(
    org: OrgId,
    filter: { mode: string; limit: number; cursor: { at: Date; id: string } | null },
  ): Promise<PaymentRow[]>;
  /** With all that happened to it, oldest first. */
  payment(org: OrgId, mode: string, id: string): Promise<PaymentRow & { timeline: PaymentStep[] }>;
  resumePurchases(signal: AbortSignal): Promise<number>;
  /** Asks PayPal for open orders that nothing was heard of; how many. */
  sweepOrders(signal: AbortSignal): Promise<number>;
  /** Looks after payments that we confirm and that stand still; how many. */
  sweepIntents(signal: AbortSignal): Promise<number>;
  /** Buys credits for those who want that, once few are left; for how many something was done. */
  runTopups(signal: AbortSignal): Promise<number>;
  /** Keeps wallets whose owners agreed at PayPal and never came back; how many were asked for. */
  sweepSetups(signal: AbortSignal): Promise<number>;
  postFees(signal: AbortSignal): Promise<boolean>;
  requestRefund(input: RefundInput): Promise<RefundView>;
  approveRefund(input: { id: string; mode: string; actorId: string }): Promise<RefundView>;
  /** Of all organizations, newest first. */
  refunds(filter: Parameters<typeof listRefundViews>[1]): Promise<RefundView[]>;
  resumeRefunds(signal: AbortSignal): Promise<number>;
  /** Of all organizations, newest first. */
  disputes(filter: DisputeFilter): Promise<DisputeView[]>;
  customers(filter: CustomerFilter): Promise<CustomerView[]>;
  customer(input: Parameters<typeof readCustomer>[1]): Promise<Customer>;
  /** Makes organizations known to the company, and what they say of themselves; how many. */
  tellCustomers(signal: AbortSignal): Promise<number>;
  /** Erases at the companies what was erased here; how many. */
  eraseCopies(signal: AbortSignal): Promise<number>;
  /** Keeps today's plans. At boot, before anybody subscribes. */
  keepPlans(): Promise<void>;
  /** How the organization's subscription stands. */
  current(org: OrgId, mode: Mode): Promise<Current>;
  usage(org: OrgId, mode: Mode): Promise<PlanUsage>;
  /** The plan that counts now and when its next credits are given, in a transaction that sees the organization. */
  planOf(tx: Tx, org: OrgId, mode: Mode): Promise<PlanNow>;
  /** Members that the organization may have, in a transaction that sees it. */
  seats(tx: Tx, org: OrgId): Promise<number>;
  /** The free plan's months, and what our clock brings to subscriptions. True when there is more. */
  beginMonths(): Promise<number>;
  giveMonths(): Promise<boolean>;
  runClock(): Promise<boolean>;
  /** Forgets who had a trial, two years after their organization was deleted. */
  forgetTrials(): Promise<void>;
  /** Carries on changes of plan by PayPal; how many. */
  carryChanges(signal: AbortSignal): Promise<number>;
  /** Looks after subscriptions, and upgrades, that stand still; how many. */
  watch(signal: AbortSignal): Promise<number>;
};

/** What another account of the company tells is kept, and is nothing to what is sold by this one. */
const ofAccount = (accountId: string, handlers: readonly AnyHandler[]): AnyHandler[] =>
  handlers.map((handler) => ({ ...handler, accountId }));

export function createBilling(deps: BillingDeps): Billing {
  const { db, paypal } = deps;
  const questions = createQuestions();
  const tellCustomers = createCustomerTeller(deps);
  const months = createFreeMonths(deps);
  const [payments, recurring] = [stripeHandler(deps), recurringHandler(deps)];
  const snapshots = [byMode(payments, recurring), recurring, payments, stripeDisputeHandler(deps)];
  return {
    deps,
    handlers: [
      ...ofAccount(deps.accountId, [...snapshots, thinHandler(deps, snapshots), customerHandler(deps)]),
      ...(paypal
        ? ofAccount(paypal.accountId, [
            paypalHandler(deps, paypal),
            paypalRecurringHandler(deps, paypal),
            paypalDisputeHandler(deps, paypal),
            paypalWalletHandler(deps, paypal),
          ])
        : []),
    ],
    purchase: (input) => purchase(deps, input),
    async checkoutStatus(id) {
      return (await subscriptionStatus(deps, questions, id)) ?? checkoutStatus(deps, questions, id);
    },
    watch: async (signal) => (await watchSubscriptions(deps, signal)) + (await watchChanges(deps, signal)),
    payments: (org, filter) =>
      withTx(db, org, (tx) => listPayments(tx, org, { ...filter, limit: filter.limit + 1 })),
    payment: (org, mode, id) =>
      withTx(db, org, async (tx) => {
        const row = await findPayment(tx, org, id);
        if (row?.mode !== mode) throw new Problem(common.not_found);
        return { ...row, timeline: await listSteps(tx, org, id) };
      }),
    resumePurchases: (signal) => resumePurchases(deps, signal),
    sweepOrders: async (signal) => (paypal ? sweepOrders(deps, paypal, signal) : 0),
    sweepIntents: (signal) => sweepIntents(deps, signal),
    runTopups: (signal) => runTopups(deps, signal),
    sweepSetups: async (signal) => (paypal ? sweepSetups(deps, paypal, signal) : 0),
    postFees: (signal) => postFees(deps, signal),
    requestRefund: (input) => requestRefund(deps, input),
    approveRefund: (input) => approveRefund(deps, input),
    refunds: (filter) => withOperatorTx(db, (tx) => listRefundViews(tx, filter)),
    resumeRefunds: (signal) => resumeRefunds(deps, signal),
    disputes: (filter) => withOperatorTx(db, (tx) => listDisputeViews(tx, filter)),
    customers: (filter) => withOperatorTx(db, (tx) => listCustomers(tx, filter)),
    customer: (input) => readCustomer(db, input),
    tellCustomers,
    eraseCopies: (signal) => eraseCopies(deps, signal),
    keepPlans: () => deps.versions.keep(),
    current: (org, mode) => withTx(db, org, (tx) => readCurrent(deps, tx, org, mode)),
    planOf: (tx, org, mode) => readPlanNow(deps, tx, org, mode),
    usage: (org, mode) => readUsage(deps, org, mode),
    seats: async (tx, org) => seatsOf(deps, await planOf(deps, tx, org, deps.stripe.mode)),
    beginMonths: months.begin,
    giveMonths: months.give,
    runClock: () => runClock(deps),
    forgetTrials: () => forgetTrials(deps),
    carryChanges: async (signal) => (paypal ? carryChanges(deps, paypal, signal) : 0),
  };
}
