import type Stripe from "stripe";
import { createClient, type CallStripe, type ClientOptions } from "./client.ts";
import { createCustomers, type Customers } from "./customers.ts";
import { envelopeOf, type Envelope } from "./envelope.ts";
import type { BalanceRecord, CheckoutSession, Fee, PaymentFact, RefundFact, StripeDispute } from "./facts.ts";
import { createIntents, type Intents } from "./intents.ts";
import { createRecurring, type Recurring } from "./recurring.ts";
import { StripeFault } from "./fault.ts";
import { readDispute } from "./read-dispute.ts";
import { expandThin } from "./thin.ts";
import { readBalance } from "./read-balance.ts";
import { intentFact, KEEPS_CREDITS, readFee, readRefund, readSession, taxIn } from "./read-payment.ts";
import { taxOfPage, taxOfPrice } from "./tax.ts";

const PAGE = 100;
/** Refunds of one charge that are read; Stripe itself allows far fewer. */
const MAX_REFUNDS = 1_000;

export type NewSession = {
  holdfastId: string;
  customerId: string;
  name: string;
  amountMinor: bigint;
  currency: string;
  successUrl: string;
  cancelUrl: string;
  idempotencyKey: string;
};

export type NewRefund = {
  holdfastId: string;
  chargeId: string;
  amountMinor: bigint;
  reason: "duplicate" | "fraudulent" | "requested" | "other";
  keepsCredits: boolean;
  idempotencyKey: string;
};

/** An event from Stripe's list: its own JSON, as bytes, and what it says about itself. */
export type ListedEvent = { envelope: Envelope; body: Buffer };

type EventRange = { from: Date; to: Date; after: string | null; types?: readonly string[] };

export type StripeApi = Recurring &
  Customers &
  Intents & {
    readonly mode: "test" | "live";
    /** It works out taxes. */
    readonly tax: boolean;
    createCheckoutSession(input: NewSession): Promise<CheckoutSession>;
    /** Looks for a session that carries our id, newest first, among those made since; at most 1,000. */
    findCheckoutSession(holdfastId: string, since: Date): Promise<CheckoutSession | null>;
    /** Where the session's payment stands now; fetches the payment as well when there is one. */
    fetchSession(sessionId: string): Promise<PaymentFact>;
    /** The payment whole: intent, charge, refunds. */
    fetchPayment(intentId: string): Promise<PaymentFact>;
    fetchFee(balanceTransactionId: string): Promise<Fee>;
    /** Events made in [from, to], one page, newest first; `after` is the last id of the page before. At most 20 types. */
    listEvents(range: EventRange, signal: AbortSignal): Promise<{ events: ListedEvent[]; hasMore: boolean }>;
    /** An endpoint at Stripe for events of all types, in the pinned API version. Its secret is told only now. */
    createWebhookEndpoint(input: {
      url: string;
      idempotencyKey: string;
    }): Promise<{ webhookId: string; secret: string | null }>;
    /** Done, too, for one that is gone. */
    deleteWebhookEndpoint(webhookId: string): Promise<void>;
    /** Gives money of a charge back. */
    createRefund(input: NewRefund): Promise<RefundFact>;
    /** A charge's refunds, newest first; at most 1,000. */
    listRefunds(chargeId: string): Promise<RefundFact[]>;
    /** The snapshot event that a thin one would have been, its object as it stands now, at `at`. Null for one of no object. */
    expandThin(body: Buffer, at: Date): Promise<{ type: string; body: Buffer } | null>;
    /** A dispute as it stands now. */
    fetchDispute(id: string): Promise<StripeDispute>;
    /** What Stripe booked in [from, to), one page, newest first; `after` is the last id of the page before. */
    listBalance(
      range: { from: Date; to: Date; after: string | null },
      signal: AbortSignal,
    ): Promise<{ records: BalanceRecord[]; hasMore: boolean }>;
    /** What Stripe booked for one charge, refund, dispute or payout. */
    balanceOf(objectId: string): Promise<BalanceRecord[]>;
  };

export type StripeOptions = ClientOptions & {
  /** Stripe works out taxes; default not. */
  tax?: boolean;
};

/** Stripe in our own words. Every function may throw `StripeFault`, and nothing else that Stripe could cause. */
export function createStripe({ tax = false, ...options }: StripeOptions): StripeApi {
  const call = createClient(options);
  return {
    ...createCustomers(call),
    ...createIntents(call, tax),
    ...createRecurring(call, (intentId) => fetchPayment(call, intentId), tax),
    tax,
    mode: options.apiKey.startsWith("sk_live_") || options.apiKey.startsWith("rk_live_") ? "live" : "test",
    createCheckoutSession: (input) =>
      call("checkout.sessions.create", async (sdk) =>
        readSession(
          await sdk.checkout.sessions.create(sessionParams(input, tax), {
            idempotencyKey: input.idempotencyKey,
          }),
        ),
      ),
    findCheckoutSession: (holdfastId, since) => findSession(call, holdfastId, since),
    fetchSession: (sessionId) => fetchSession(call, sessionId),
    fetchPayment: (intentId) => fetchPayment(call, intentId),
    fetchFee: (id) =>
      call("balance_transactions.retrieve", async (sdk) =>
        readFee(await sdk.balanceTransactions.retrieve(id)),
      ),
    listEvents: (range, signal) => listEvents(call, range, signal),
    createWebhookEndpoint: ({ url, idempotencyKey }) =>
      call("webhook_endpoints.create", async (sdk) => {
        const made = await sdk.webhookEndpoints.create({ url, enabled_events: ["*"] }, { idempotencyKey });
        return { webhookId: made.id, secret: made.secret ?? null };
      }),
    deleteWebhookEndpoint: (id) => deleteEndpoint(call, id),
    createRefund: (input) =>
      call("refunds.create", async (sdk) =>
        readRefund(await sdk.refunds.create(refundParams(input), { idempotencyKey: input.idempotencyKey })),
      ),
    listRefunds: (chargeId) => listRefunds(call, chargeId),
    expandThin: (body, at) => expandThin(call, body, at),
    fetchDispute: (id) =>
      call("disputes.retrieve", async (sdk) => readDispute(await sdk.disputes.retrieve(id))),
    listBalance: ({ from, to, after }, signal) =>
      call(
        "balance_transactions.list",
        async (sdk) => {
          const created = { gte: seconds(from), lt: seconds(to) };
          const page = { limit: PAGE, created, ...(after ? { starting_after: after } : {}) };
          const list = await sdk.balanceTransactions.list(page);
          return { records: list.data.map(readBalance), hasMore: list.has_more };
        },
        signal,
      ),
    balanceOf: (objectId) =>
      call("balance_transactions.list", async (sdk) =>
        (await sdk.balanceTransactions.list({ source: objectId, limit: PAGE })).data.map(readBalance),
      ),
  };
}

const seconds = (at: Date): number => Math.ceil(at.getTime() / 1000);

function sessionParams(input: NewSession, tax: boolean): Stripe.Checkout.SessionCreateParams {
  const metadata = { holdfast_id: input.holdfastId };
  return {
    mode: "payment",
    ...taxOfPage(tax),
    customer: input.customerId,
    client_reference_id: input.holdfastId,
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: input.currency,
          unit_amount: Number(input.amountMinor),
          ...taxOfPrice(tax, "inclusive"),
          product_data: { name: input.name },
        },
      },
    ],
    metadata,
    payment_intent_data: { metadata },
    success_url: input.successUrl,
    cancel_url: input.cancelUrl,
  };
}

async function findSession(
  call: CallStripe,
  holdfastId: string,
  since: Date,
): Promise<CheckoutSession | null> {
  let after: string | undefined;
  for (let page = 0; page < 10; page += 1) {
    const found = await call("checkout.sessions.list", async (sdk) => {
      const list = await sdk.checkout.sessions.list({
        limit: PAGE,
        created: { gte: Math.floor(since.getTime() / 1000) },
        ...(after ? { starting_after: after } : {}),
      });
      return { rows: list.data.map(readSession), hasMore: list.has_more };
    });
    const match = found.rows.find((row) => row.holdfastId === holdfastId);
    if (match) return match;
    after = found.rows.at(-1)?.id;
    if (!found.hasMore || after === undefined) return null;
  }
  return null;
}

async function fetchSession(call: CallStripe, sessionId: string): Promise<PaymentFact> {
  const session = await call("checkout.sessions.retrieve", async (sdk) => {
    const row = await sdk.checkout.sessions.retrieve(sessionId);
    return { ...readSession(row), expired: row.status === "expired", taxMinor: taxIn(row) };
  });
  const { taxMinor } = session;
  if (session.intentId) return { ...(await fetchPayment(call, session.intentId)), sessionId, taxMinor };
  return {
    holdfastId: session.holdfastId,
    sessionId,
    intentId: null,
    state: session.expired
      ? { status: "canceled", failureCode: "expired" }
      : { status: "requires_payment_method", failureCode: null },
    charge: null,
    refunds: [],
    paidElsewhere: false,
  };
}

async function fetchPayment(call: CallStripe, intentId: string): Promise<PaymentFact> {
  const fact = await call("payment_intents.retrieve", async (sdk) => {
    const intent = await sdk.paymentIntents.retrieve(intentId, { expand: ["latest_charge"] });
    return intentFact(intent, intent.created);
  });
  const { charge } = fact;
  if (!charge || charge.refundedMinor === 0n) return fact;
  return { ...fact, refunds: await listRefunds(call, charge.id) };
}

const listRefunds = (call: CallStripe, chargeId: string): Promise<RefundFact[]> =>
  call("refunds.list", async (sdk) => {
    const rows = await sdk.refunds
      .list({ charge: chargeId, limit: PAGE })
      .autoPagingToArray({ limit: MAX_REFUNDS });
    return rows.map(readRefund);
  });

const REASONS = {
  duplicate: "duplicate",
  fraudulent: "fraudulent",
  requested: "requested_by_customer",
} as const;

const refundParams = (input: NewRefund): Stripe.RefundCreateParams => ({
  charge: input.chargeId,
  amount: Number(input.amountMinor),
  metadata: {
    holdfast_id: input.holdfastId,
    ...(input.keepsCredits ? { [KEEPS_CREDITS]: "true" } : {}),
  },
  ...(input.reason === "other" ? {} : { reason: REASONS[input.reason] }),
});

async function deleteEndpoint(call: CallStripe, id: string): Promise<void> {
  try {
    await call("webhook_endpoints.del", (sdk) => sdk.webhookEndpoints.del(id));
  } catch (error) {
    if (!(error instanceof StripeFault && error.kind === "not_found")) throw error;
  }
}

async function listEvents(
  call: CallStripe,
  range: EventRange,
  signal: AbortSignal,
): Promise<{ events: ListedEvent[]; hasMore: boolean }> {
  const list = await call(
    "events.list",
    (sdk) =>
      sdk.events.list({
        limit: PAGE,
        created: {
          gte: Math.floor(range.from.getTime() / 1000),
          lte: Math.floor(range.to.getTime() / 1000),
        },
        ...(range.after ? { starting_after: range.after } : {}),
        ...(range.types?.length ? { types: [...range.types] } : {}),
      }),
    signal,
  );
  const events: ListedEvent[] = [];
  for (const event of list.data) {
    const envelope = envelopeOf(event);
    if (envelope) events.push({ envelope, body: Buffer.from(JSON.stringify(event)) });
  }
  return { events, hasMore: list.has_more };
}
