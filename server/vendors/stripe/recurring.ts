import type Stripe from "stripe";
import type { CallStripe } from "./client.ts";
import type { PaymentFact } from "./facts.ts";
import type {
  ChangePreview,
  InvoiceFact,
  InvoiceLine,
  SubscriptionFact,
  SubscriptionSession,
} from "./recurring-facts.ts";
import {
  invoiceFact,
  invoiceLine,
  paidIntents,
  subscriptionFact,
  subscriptionSession,
} from "./read-recurring.ts";
import { releaseSchedule, scheduleChange, type ScheduledChange } from "./schedules.ts";
import { taxOfPage, taxOfPrice, taxOfSubscription } from "./tax.ts";

const PAGE = 100;

export type NewSubscriptionSession = {
  holdfastId: string;
  customerId: string;
  priceId: string;
  quantity: number;
  /** Days before the first charge; null: none. */
  trialDays: number | null;
  /** What `findPromotion` found; null: none. */
  promotionId: string | null;
  successUrl: string;
  cancelUrl: string;
  idempotencyKey: string;
};

/** A subscription that begins with a kept card: what is due at first is tried by its invoice's intent. */
export type NewSubscription = Omit<NewSubscriptionSession, "successUrl" | "cancelUrl"> & { methodId: string };

/** A subscription as it has begun, with its first invoice. */
export type BegunSubscription = { subscription: SubscriptionFact; invoice: InvoiceFact | null };

/** What a subscription is changed to. */
export type PlanChange = {
  subscriptionId: string;
  itemId: string;
  priceId: string;
  quantity: number;
  /** The second at which the change counts. */
  at: Date;
};

export type Recurring = {
  /** Makes a product under an id of ours, or finds it. */
  ensureProduct(input: { id: string; name: string }): Promise<void>;
  createPrice(input: {
    productId: string;
    amountMinor: bigint;
    currency: string;
    period: "month" | "year";
    holdfastId: string;
    idempotencyKey: string;
  }): Promise<{ id: string }>;
  createSubscriptionSession(input: NewSubscriptionSession): Promise<SubscriptionSession>;
  /** Nothing is charged by it: where something is due, its first invoice is open. */
  createSubscription(input: NewSubscription): Promise<BegunSubscription>;
  fetchBegun(id: string): Promise<BegunSubscription>;
  /** From its next charge on. A schedule that leads it goes on. */
  chargeTo(id: string, methodId: string, idempotencyKey: string): Promise<void>;
  /** One that carries our id, among those of a customer made since; at most 100. */
  findSubscription(holdfastId: string, customerId: string, since: Date): Promise<string | null>;
  /** The promotion of a code that customers type; null for one that is not good now. */
  findPromotion(code: string): Promise<string | null>;
  findSubscriptionSession(holdfastId: string, since: Date): Promise<SubscriptionSession | null>;
  fetchSubscriptionSession(sessionId: string): Promise<SubscriptionSession>;
  expireSession(sessionId: string, idempotencyKey: string): Promise<void>;
  /** Whole, with whoever pays it. */
  fetchSubscription(id: string): Promise<SubscriptionFact>;
  /** With what paid it: intents, charges, refunds. */
  fetchInvoice(id: string): Promise<InvoiceFact>;
  /** Its intent is cancelled with it, and what it was the first invoice of never begins. Refused for one that is paid. */
  voidInvoice(id: string, idempotencyKey: string): Promise<void>;
  previewChange(change: PlanChange): Promise<ChangePreview>;
  /** At once; what is due is charged first, else nothing changes. `BANK_ASKS` where only its holder can go on. */
  upgrade(change: PlanChange & { idempotencyKey: string }): Promise<SubscriptionFact>;
  /** Once its invoice is paid, within 23 hours; until then, and when that is void, all goes on as it was. */
  upgradeOncePaid(change: PlanChange & { idempotencyKey: string }): Promise<BegunSubscription>;
  /** The price of the next period, and of nothing before. */
  changePrice(change: PlanChange & { idempotencyKey: string }): Promise<SubscriptionFact>;
  /** Another price, and period, from the end of this one on; at once nothing changes. */
  scheduleChange(change: ScheduledChange): Promise<SubscriptionFact>;
  setCancelAtPeriodEnd(id: string, value: boolean, idempotencyKey: string): Promise<SubscriptionFact>;
  cancelSubscription(id: string, idempotencyKey: string): Promise<SubscriptionFact>;
  refundCharge(chargeId: string, idempotencyKey: string): Promise<void>;
};

/** Subscriptions in our own words. Every function may throw `StripeFault`. */
export function createRecurring(
  call: CallStripe,
  fetchPayment: (intentId: string) => Promise<PaymentFact>,
  tax: boolean,
): Recurring {
  return {
    ...catalogue(call, tax),
    ...sessions(call, tax),
    ...direct(call, tax),
    ...objects(call, fetchPayment),
    ...upgrades(call),
    ...changes(call),
  };
}

function direct(
  call: CallStripe,
  tax: boolean,
): Pick<Recurring, "createSubscription" | "fetchBegun" | "chargeTo" | "findSubscription" | "voidInvoice"> {
  const expand = ["default_payment_method", "latest_invoice"];
  return {
    createSubscription: (input) =>
      call("subscriptions.create", async (sdk) => {
        const made = await sdk.subscriptions.create(
          {
            customer: input.customerId,
            items: [{ price: input.priceId, quantity: input.quantity }],
            default_payment_method: input.methodId,
            ...taxOfSubscription(tax),
            payment_behavior: "default_incomplete",
            // Another card may pay in the end: the next periods are its own.
            payment_settings: { save_default_payment_method: "on_subscription" },
            metadata: { holdfast_id: input.holdfastId },
            ...(input.trialDays === null ? {} : { trial_period_days: input.trialDays }),
            ...(input.promotionId === null ? {} : { discounts: [{ promotion_code: input.promotionId }] }),
            expand,
          },
          { idempotencyKey: input.idempotencyKey },
        );
        return begun(made);
      }),
    fetchBegun: (id) =>
      call("subscriptions.retrieve", async (sdk) => begun(await sdk.subscriptions.retrieve(id, { expand }))),
    chargeTo: (id, methodId, idempotencyKey) =>
      call("subscriptions.charge_to", async (sdk) => {
        await sdk.subscriptions.update(id, { default_payment_method: methodId }, { idempotencyKey });
      }),
    findSubscription: (holdfastId, customer, since) =>
      call("subscriptions.list", async (sdk) => {
        const created = { gte: Math.floor(since.getTime() / 1000) };
        const { data } = await sdk.subscriptions.list({ customer, created, status: "all", limit: PAGE });
        return data.find(({ metadata }) => metadata["holdfast_id"] === holdfastId)?.id ?? null;
      }),
    voidInvoice: (id, idempotencyKey) =>
      call("invoices.void", async (sdk) => {
        await sdk.invoices.voidInvoice(id, {}, { idempotencyKey });
      }),
  };
}

/** What comes on top of an invoice's lines, as a line; prices that are with their tax show none. */
function taxLines({ lines, total_taxes: taxes }: Stripe.Invoice): InvoiceLine[] {
  const [first] = lines.data.map(invoiceLine);
  const added = (taxes ?? [])
    .filter(({ tax_behavior: behavior }) => behavior === "exclusive")
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  if (!first || added === 0n) return [];
  return [{ ...first, description: "Tax", quantity: 1, amountMinor: added, proration: true }];
}

function begun(subscription: Stripe.Subscription): BegunSubscription {
  const invoice = subscription.latest_invoice;
  return {
    subscription: subscriptionFact(subscription),
    invoice: typeof invoice === "object" && invoice !== null ? invoiceFact(invoice) : null,
  };
}

function catalogue(call: CallStripe, tax: boolean): Pick<Recurring, "ensureProduct" | "createPrice"> {
  return {
    ensureProduct: ({ id, name }) =>
      call("products.create", async (sdk) => {
        try {
          await sdk.products.create({ id, name, metadata: { holdfast_id: id } });
        } catch (error) {
          if ((error as { code?: unknown }).code !== "resource_already_exists") throw error;
        }
      }),
    createPrice: (input) =>
      call("prices.create", async (sdk) => {
        const price = await sdk.prices.create(
          {
            product: input.productId,
            unit_amount: Number(input.amountMinor),
            currency: input.currency,
            recurring: { interval: input.period },
            ...taxOfPrice(tax, "exclusive"),
            metadata: { holdfast_id: input.holdfastId },
          },
          { idempotencyKey: input.idempotencyKey },
        );
        return { id: price.id };
      }),
  };
}

function sessions(
  call: CallStripe,
  tax: boolean,
): Pick<
  Recurring,
  | "createSubscriptionSession"
  | "findPromotion"
  | "findSubscriptionSession"
  | "fetchSubscriptionSession"
  | "expireSession"
> {
  return {
    createSubscriptionSession: (input) =>
      call("checkout.sessions.create", async (sdk) => {
        const metadata = { holdfast_id: input.holdfastId };
        const session = await sdk.checkout.sessions.create(
          {
            mode: "subscription",
            ...taxOfPage(tax),
            customer: input.customerId,
            client_reference_id: input.holdfastId,
            line_items: [{ price: input.priceId, quantity: input.quantity }],
            metadata,
            subscription_data: {
              metadata,
              ...(input.trialDays === null ? {} : { trial_period_days: input.trialDays }),
            },
            ...(input.promotionId === null ? {} : { discounts: [{ promotion_code: input.promotionId }] }),
            success_url: input.successUrl,
            cancel_url: input.cancelUrl,
          },
          { idempotencyKey: input.idempotencyKey },
        );
        return subscriptionSession(session);
      }),
    findPromotion: (code) =>
      call("promotion_codes.list", async (sdk) => {
        const { data } = await sdk.promotionCodes.list({ code, active: true, limit: 1 });
        return data[0]?.id ?? null;
      }),
    async findSubscriptionSession(holdfastId, since) {
      const rows = await call("checkout.sessions.list", async (sdk) => {
        const created = { gte: Math.floor(since.getTime() / 1000) };
        const list = await sdk.checkout.sessions.list({ limit: PAGE, created });
        return list.data.map(subscriptionSession);
      });
      return rows.find((row) => row.holdfastId === holdfastId) ?? null;
    },
    fetchSubscriptionSession: (id) =>
      call("checkout.sessions.retrieve", async (sdk) =>
        subscriptionSession(await sdk.checkout.sessions.retrieve(id)),
      ),
    expireSession: (id, idempotencyKey) =>
      call("checkout.sessions.expire", async (sdk) => {
        await sdk.checkout.sessions.expire(id, {}, { idempotencyKey });
      }),
  };
}

function objects(
  call: CallStripe,
  fetchPayment: (intentId: string) => Promise<PaymentFact>,
): Pick<Recurring, "fetchSubscription" | "fetchInvoice" | "previewChange"> {
  return {
    fetchSubscription: (id) =>
      call("subscriptions.retrieve", async (sdk) =>
        subscriptionFact(await sdk.subscriptions.retrieve(id, { expand: ["default_payment_method"] })),
      ),
    async fetchInvoice(id) {
      const { fact, intents } = await call("invoices.retrieve", async (sdk) => {
        const invoice = await sdk.invoices.retrieve(id, { expand: ["payments"] });
        return { fact: invoiceFact(invoice), intents: paidIntents(invoice) };
      });
      const charges: PaymentFact[] = [];
      for (const intent of intents) charges.push(await fetchPayment(intent));
      return { ...fact, charges };
    },
    previewChange: (change) =>
      call("invoices.create_preview", async (sdk) => {
        const invoice = await sdk.invoices.createPreview({
          subscription: change.subscriptionId,
          subscription_details: {
            items: [{ id: change.itemId, price: change.priceId, quantity: change.quantity }],
            proration_behavior: "always_invoice",
            proration_date: seconds(change.at),
          },
        });
        return {
          currency: invoice.currency,
          lines: [...invoice.lines.data.map(invoiceLine), ...taxLines(invoice)],
          dueNowMinor: BigInt(invoice.amount_due),
        };
      }),
  };
}

/** Changes one; a schedule that leads it would refuse it, and is let go of first. */
const updater =
  (call: CallStripe) =>
  (
    op: string,
    id: string,
    params: Stripe.SubscriptionUpdateParams,
    idempotencyKey: string,
  ): Promise<SubscriptionFact> =>
    call(op, async (sdk) => {
      await releaseSchedule(sdk, id, idempotencyKey);
      const all = { ...params, expand: ["default_payment_method"] };
      return subscriptionFact(await sdk.subscriptions.update(id, all, { idempotencyKey }));
    });

const items = ({ itemId, priceId, quantity }: PlanChange) => [{ id: itemId, price: priceId, quantity }];

function upgrades(call: CallStripe): Pick<Recurring, "upgrade" | "upgradeOncePaid"> {
  const update = updater(call);
  const prorated = (change: PlanChange) => ({
    items: items(change),
    proration_behavior: "always_invoice" as const,
    proration_date: seconds(change.at),
  });
  return {
    upgrade: (change) =>
      update(
        "subscriptions.upgrade",
        change.subscriptionId,
        {
          ...prorated(change),
          payment_behavior: "error_if_incomplete",
          // Nobody can answer their bank in the middle of this call; what the first payment set up counts.
          off_session: true,
        },
        change.idempotencyKey,
      ),
    upgradeOncePaid: (change) =>
      call("subscriptions.upgrade_once_paid", async (sdk) => {
        const { idempotencyKey, subscriptionId } = change;
        await releaseSchedule(sdk, subscriptionId, idempotencyKey);
        const expand = ["default_payment_method", "latest_invoice"];
        const params = { ...prorated(change), payment_behavior: "pending_if_incomplete" as const, expand };
        return begun(await sdk.subscriptions.update(subscriptionId, params, { idempotencyKey }));
      }),
  };
}

function changes(
  call: CallStripe,
): Pick<
  Recurring,
  "changePrice" | "scheduleChange" | "setCancelAtPeriodEnd" | "cancelSubscription" | "refundCharge"
> {
  const update = updater(call);
  return {
    changePrice: (change) =>
      update(
        "subscriptions.change_price",
        change.subscriptionId,
        { items: items(change), proration_behavior: "none" },
        change.idempotencyKey,
      ),
    scheduleChange: (change) =>
      call("subscription_schedules.change", async (sdk) => {
        await scheduleChange(sdk, change);
        const expand = ["default_payment_method"];
        return subscriptionFact(await sdk.subscriptions.retrieve(change.subscriptionId, { expand }));
      }),
    setCancelAtPeriodEnd: (id, value, key) =>
      update("subscriptions.cancel_at_period_end", id, { cancel_at_period_end: value }, key),
    cancelSubscription: (id, idempotencyKey) =>
      call("subscriptions.cancel", async (sdk) =>
        subscriptionFact(await sdk.subscriptions.cancel(id, {}, { idempotencyKey })),
      ),
    refundCharge: (charge, idempotencyKey) =>
      call("refunds.create", async (sdk) => {
        await sdk.refunds.create({ charge }, { idempotencyKey });
      }),
  };
}

/** A refusal of a charge that its holder may still answer the bank for. */
export const BANK_ASKS: ReadonlySet<string> = new Set([
  "subscription_payment_intent_requires_action",
  "authentication_required",
]);

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
