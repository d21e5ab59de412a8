import { z } from "zod";
import { createClient, type CallPaypal, type ClientOptions } from "./client.ts";
import { envelopeOf, type Envelope } from "./envelope.ts";
import type { PaypalCapture, PaypalDispute, PaypalOrder, PaypalRefund, PaypalTransaction } from "./facts.ts";
import { toWire, type Amount } from "./money.ts";
import * as read from "./read.ts";
import { createRecurring, ownPath, type PaypalRecurring } from "./recurring.ts";
import { createVault, type PaypalVault } from "./vault.ts";

const LIVE_HOST = "api-m.paypal.com";
const EVENTS_PAGE = 100;
/** Pages of events that one reading follows; beyond them the caller asks again from where it ended. */
const EVENT_PAGES = 10;
const TRANSACTIONS_PAGE = 500;

export type NewOrder = Amount & {
  /** Ours; comes back as `customId`. */
  holdfastId: string;
  name: string;
  returnUrl: string;
  cancelUrl: string;
  requestId: string;
  /** A wallet that is kept: it is charged at once, its owner being elsewhere. */
  walletId?: string;
};

/** An event from PayPal's list: its own JSON, as bytes, and what it says about itself. */
export type ListedPaypalEvent = { envelope: Envelope; body: Buffer };

export type PaypalApi = PaypalRecurring &
  PaypalVault & {
    readonly mode: "test" | "live";
    /** Makes an order: without a wallet nothing is taken until it is approved and captured. */
    createOrder(input: NewOrder): Promise<PaypalOrder>;
    getOrder(id: string): Promise<PaypalOrder>;
    /** Takes the money of an approved order. The same request id takes it once. */
    captureOrder(id: string, requestId: string): Promise<PaypalOrder>;
    getCapture(id: string): Promise<PaypalCapture>;
    /** Gives back a part, or without an amount all that is left; `invoiceId` is ours and comes back with it. */
    refundCapture(
      id: string,
      input: { amount: Amount | null; invoiceId?: string; requestId: string },
    ): Promise<PaypalRefund>;
    getRefund(id: string): Promise<PaypalRefund>;
    getDispute(id: string): Promise<PaypalDispute>;
    /** Ids of the cases over one payment, newest first; at most 50. */
    listDisputes(transactionId: string): Promise<string[]>;
    getEvent(id: string): Promise<ListedPaypalEvent>;
    /** Events made in [from, to], newest first; `after` is the last id of the reading before. */
    listEvents(
      range: { from: Date; to: Date; after: string | null },
      signal: AbortSignal,
    ): Promise<{ events: ListedPaypalEvent[]; hasMore: boolean }>;
    /** PayPal's books of [from, to], at most 31 days; up to three hours late. Pages count from 1. */
    listTransactions(
      range: { from: Date; to: Date; page: number },
      signal: AbortSignal,
    ): Promise<{ transactions: PaypalTransaction[]; hasMore: boolean }>;
    close(): Promise<void>;
  };

/** PayPal in our own words. Every function may throw `PaypalFault`, and nothing else that PayPal could cause. */
export function createPaypal(options: ClientOptions): PaypalApi {
  const { call, close } = createClient(options);
  const at = (path: string, id: string, rest = "") => `${path}/${encodeURIComponent(id)}${rest}`;
  return {
    ...createRecurring(call),
    ...createVault(call),
    mode: new URL(options.baseUrl).hostname === LIVE_HOST ? "live" : "test",
    createOrder: (input) =>
      call(
        "orders.create",
        { method: "POST", path: "/v2/checkout/orders", body: orderBody(input), requestId: input.requestId },
        read.order,
      ),
    getOrder: (id) => call("orders.get", { method: "GET", path: at("/v2/checkout/orders", id) }, read.order),
    captureOrder: (id, requestId) =>
      call(
        "orders.capture",
        { method: "POST", path: at("/v2/checkout/orders", id, "/capture"), body: {}, requestId },
        read.order,
      ),
    getCapture: (id) =>
      call("captures.get", { method: "GET", path: at("/v2/payments/captures", id) }, read.capture),
    refundCapture: (id, { amount, invoiceId, requestId }) =>
      call(
        "captures.refund",
        {
          method: "POST",
          path: at("/v2/payments/captures", id, "/refund"),
          body: {
            ...(amount ? { amount: toWire(amount) } : {}),
            ...(invoiceId === undefined ? {} : { invoice_id: invoiceId }),
          },
          requestId,
        },
        read.refund,
      ),
    getRefund: (id) =>
      call("refunds.get", { method: "GET", path: at("/v2/payments/refunds", id) }, read.refund),
    getDispute: (id) =>
      call("disputes.get", { method: "GET", path: at("/v1/customer/disputes", id) }, read.dispute),
    listDisputes: (transactionId) => {
      const query = new URLSearchParams({ disputed_transaction_id: transactionId, page_size: "50" });
      return call("disputes.list", { method: "GET", path: `/v1/customer/disputes?${query}` }, read.disputes);
    },
    getEvent: (id) => getEvent(call, id),
    listEvents: (range, signal) => listEvents(call, range, signal),
    listTransactions: (range, signal) => listTransactions(call, range, signal),
    close,
  };
}

function orderBody({ holdfastId, name, returnUrl, cancelUrl, walletId, ...amount }: NewOrder) {
  return {
    intent: "CAPTURE",
    purchase_units: [
      {
        custom_id: holdfastId,
        invoice_id: holdfastId,
        description: name.slice(0, 127),
        amount: toWire(amount),
      },
    ],
    ...(walletId === undefined ? {} : { payment_source: { paypal: { vault_id: walletId } } }),
    application_context: {
      return_url: returnUrl,
      cancel_url: cancelUrl,
      user_action: "PAY_NOW",
      shipping_preference: "NO_SHIPPING",
    },
  };
}

async function getEvent(call: CallPaypal, id: string, signal?: AbortSignal): Promise<ListedPaypalEvent> {
  const path = `/v1/notifications/webhooks-events/${encodeURIComponent(id)}`;
  const schema = read.event.transform((row, context) => {
    const one = listed(row);
    if (one) return one;
    context.addIssue({ code: "custom", message: "is no event" });
    return z.NEVER;
  });
  return call("events.get", { method: "GET", path, ...(signal ? { signal } : {}) }, schema);
}

function listed(event: Record<string, unknown>): ListedPaypalEvent | null {
  const envelope = envelopeOf(event);
  return envelope && { envelope, body: Buffer.from(JSON.stringify(event)) };
}

async function listEvents(
  call: CallPaypal,
  { from, to, after }: { from: Date; to: Date; after: string | null },
  signal: AbortSignal,
): Promise<{ events: ListedPaypalEvent[]; hasMore: boolean }> {
  // Pages are named by PayPal's own links; after a break the last event's time says where it was.
  const end = after === null ? to : (await getEvent(call, after, signal)).envelope.createdAt;
  const query = new URLSearchParams({
    page_size: String(EVENTS_PAGE),
    start_time: from.toISOString(),
    end_time: end.toISOString(),
  });
  let path: string | null = `/v1/notifications/webhooks-events?${query}`;
  const events: ListedPaypalEvent[] = [];
  for (let page = 0; path !== null && page < EVENT_PAGES; page += 1) {
    const answer = await call("events.list", { method: "GET", path, signal }, read.events);
    for (const row of answer.events) {
      const one = listed(row);
      if (one && one.envelope.id !== after) events.push(one);
    }
    path = ownPath(read.nextPage(answer.links));
  }
  return { events, hasMore: path !== null };
}

async function listTransactions(
  call: CallPaypal,
  { from, to, page }: { from: Date; to: Date; page: number },
  signal: AbortSignal,
): Promise<{ transactions: PaypalTransaction[]; hasMore: boolean }> {
  const query = new URLSearchParams({
    start_date: from.toISOString(),
    end_date: to.toISOString(),
    fields: "transaction_info",
    page_size: String(TRANSACTIONS_PAGE),
    page: String(page),
  });
  const request = { method: "GET", path: `/v1/reporting/transactions?${query}`, signal } as const;
  const answer = await call("transactions.list", request, read.transactions);
  return {
    transactions: answer.transaction_details,
    hasMore: answer.total_pages !== undefined && page < answer.total_pages,
  };
}
