import { z } from "zod";
import type { CallPaypal } from "./client.ts";
import { PaypalFault } from "./fault.ts";
import { toWire, type Amount } from "./money.ts";
import * as read from "./read-recurring.ts";
import type {
  PaypalPlan,
  PaypalRevision,
  PaypalSubscription,
  PaypalSubscriptionPayment,
} from "./recurring-facts.ts";
import { nextPage } from "./read.ts";

/** Pages of payments that one reading follows. */
const PAYMENT_PAGES = 20;
const SUBSCRIPTIONS = "/v1/billing/subscriptions";
const PLANS = "/v1/billing/plans";

type Visit = { returnUrl: string; cancelUrl: string };

export type NewPaypalPlan = Amount & {
  productId: string;
  name: string;
  period: "month" | "year";
  /** Days for nothing before the first charge; null: none. */
  trialDays: number | null;
  /** Failed payments in a row after which PayPal suspends. */
  maxFailures: number;
  requestId: string;
};

export type NewPaypalSubscription = Visit & {
  /** Ours; comes back as `customId`. */
  holdfastId: string;
  planId: string;
  quantity: number;
  requestId: string;
};

export type PaypalRecurring = {
  /** Makes a product under an id of ours, or finds it. */
  ensureProduct(input: { id: string; name: string }): Promise<void>;
  createPlan(input: NewPaypalPlan): Promise<{ id: string }>;
  getPlan(id: string): Promise<PaypalPlan>;
  /** Waits for its buyer: nothing is taken before they agree. */
  createSubscription(input: NewPaypalSubscription): Promise<PaypalSubscription>;
  getSubscription(id: string): Promise<PaypalSubscription>;
  /** What it paid in [from, to], oldest first. */
  listPayments(id: string, range: { from: Date; to: Date }): Promise<PaypalSubscriptionPayment[]>;
  /** Another plan or quantity from the next period on; a dearer one once the buyer agrees. */
  reviseSubscription(id: string, to: Visit & { planId: string; quantity: number }): Promise<PaypalRevision>;
  /** These three are refused with `SUBSCRIPTION_STATUS_INVALID` where it is so already. */
  suspendSubscription(id: string, reason: string): Promise<void>;
  activateSubscription(id: string, reason: string): Promise<void>;
  cancelSubscription(id: string, reason: string): Promise<void>;
  /** Takes what is owed. The same request id takes it once. */
  captureOutstanding(id: string, input: { amount: Amount; note: string; requestId: string }): Promise<void>;
};

/** Subscriptions in our own words. Every function may throw `PaypalFault`. */
export function createRecurring(call: CallPaypal): PaypalRecurring {
  return { ...catalogue(call), ...objects(call), ...changes(call) };
}

const at = (id: string, rest = "") => `${SUBSCRIPTIONS}/${encodeURIComponent(id)}${rest}`;
const visit = ({ returnUrl, cancelUrl }: Visit) => ({
  application_context: {
    user_action: "SUBSCRIBE_NOW",
    shipping_preference: "NO_SHIPPING",
    return_url: returnUrl,
    cancel_url: cancelUrl,
  },
});

function catalogue(call: CallPaypal): Pick<PaypalRecurring, "ensureProduct" | "createPlan" | "getPlan"> {
  return {
    async ensureProduct({ id, name }) {
      const body = { id, name, type: "SERVICE" };
      try {
        await call(
          "products.create",
          { method: "POST", path: "/v1/catalogs/products", body, requestId: `product:${id}` },
          read.named,
        );
      } catch (error) {
        const isThere = error instanceof PaypalFault && error.code === "DUPLICATE_RESOURCE_IDENTIFIER";
        if (!isThere) throw error;
      }
    },
    createPlan: (input) =>
      call(
        "plans.create",
        { method: "POST", path: PLANS, body: planBody(input), requestId: input.requestId },
        read.named,
      ),
    getPlan: (id) =>
      call("plans.get", { method: "GET", path: `${PLANS}/${encodeURIComponent(id)}` }, read.plan),
  };
}

function planBody({ productId, name, period, trialDays, maxFailures, ...amount }: NewPaypalPlan) {
  const trial = {
    frequency: { interval_unit: "DAY", interval_count: trialDays },
    tenure_type: "TRIAL",
    sequence: 1,
    total_cycles: 1,
  };
  return {
    product_id: productId,
    name: name.slice(0, 127),
    status: "ACTIVE",
    quantity_supported: true,
    billing_cycles: [
      ...(trialDays === null ? [] : [trial]),
      {
        frequency: { interval_unit: period.toUpperCase(), interval_count: 1 },
        tenure_type: "REGULAR",
        sequence: trialDays === null ? 1 : 2,
        total_cycles: 0,
        pricing_scheme: { fixed_price: toWire(amount) },
      },
    ],
    payment_preferences: { auto_bill_outstanding: true, payment_failure_threshold: maxFailures },
  };
}

function objects(
  call: CallPaypal,
): Pick<PaypalRecurring, "createSubscription" | "getSubscription" | "listPayments"> {
  return {
    createSubscription: ({ holdfastId, planId, quantity, requestId, ...urls }) =>
      call(
        "subscriptions.create",
        {
          method: "POST",
          path: SUBSCRIPTIONS,
          body: { plan_id: planId, quantity: String(quantity), custom_id: holdfastId, ...visit(urls) },
          requestId,
        },
        read.subscription,
      ),
    getSubscription: (id) => call("subscriptions.get", { method: "GET", path: at(id) }, read.subscription),
    async listPayments(id, { from, to }) {
      const query = new URLSearchParams({ start_time: from.toISOString(), end_time: to.toISOString() });
      let path: string | null = at(id, `/transactions?${query}`);
      const found: PaypalSubscriptionPayment[] = [];
      for (let page = 0; path !== null; page += 1) {
        if (page === PAYMENT_PAGES) throw new PaypalFault("unavailable", "too_many_payments", null);
        const answer: z.output<typeof read.payments> = await call(
          "subscriptions.transactions",
          { method: "GET", path },
          read.payments,
        );
        found.push(...answer.transactions);
        path = ownPath(nextPage(answer.links));
      }
      return found.toSorted((a, b) => a.paidAt.getTime() - b.paidAt.getTime());
    },
  };
}

/** Under our own base URL, wherever the link points: nobody else gets our token. */
export function ownPath(href: string | null): string | null {
  if (href === null || !URL.canParse(href)) return null;
  const { pathname, search } = new URL(href);
  const start = pathname.indexOf("/v1/");
  return start < 0 ? null : pathname.slice(start) + search;
}

function changes(
  call: CallPaypal,
): Pick<
  PaypalRecurring,
  | "reviseSubscription"
  | "suspendSubscription"
  | "activateSubscription"
  | "cancelSubscription"
  | "captureOutstanding"
> {
  const act = (verb: "suspend" | "activate" | "cancel") => async (id: string, reason: string) => {
    const body = { reason: reason.slice(0, 128) };
    await call(`subscriptions.${verb}`, { method: "POST", path: at(id, `/${verb}`), body }, z.unknown());
  };
  return {
    reviseSubscription: (id, { planId, quantity, ...urls }) =>
      call(
        "subscriptions.revise",
        {
          method: "POST",
          path: at(id, "/revise"),
          body: { plan_id: planId, quantity: String(quantity), ...visit(urls) },
        },
        read.revision,
      ),
    suspendSubscription: act("suspend"),
    activateSubscription: act("activate"),
    cancelSubscription: act("cancel"),
    async captureOutstanding(id, { amount, note, requestId }) {
      const body = { note: note.slice(0, 128), capture_type: "OUTSTANDING_BALANCE", amount: toWire(amount) };
      const path = at(id, "/capture");
      await call("subscriptions.capture", { method: "POST", path, body, requestId }, z.unknown());
    },
  };
}
