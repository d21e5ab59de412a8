/** PayPal: buyers who approve, cancel or are declined, and its books by reporting, orders and captures. */
import type { Json } from "../harness/client.ts";
import {
  answerOf,
  postForm,
  type Books,
  type Company,
  type Known,
  type Movement,
  type TheirSubscription,
} from "./company.ts";
import type { Credentials } from "./world.ts";

const ACCOUNT = "paypal_sim";
const BUYERS = [
  "approve@sandbox.test",
  "approve@sandbox.test",
  "approve@sandbox.test",
  "declined@sandbox.test",
] as const;
const DAY_MS = 86_400_000;
/** What one question may span, and less. */
const REPORT_MS = 30 * DAY_MS;
const CAPTURED = new Set(["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"]);

export function paypalCompany(
  { client_id, client_secret, base_url }: Credentials["paypal"],
  now: () => Date,
): Company {
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
  const headers = { authorization: `Basic ${basic}`, "content-type": "application/json" };
  const call = (method: "GET" | "POST", path: string, body?: Json) =>
    answerOf(
      fetch(path.startsWith("http") ? path : `${base_url}${path}`, {
        method,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  const begunAt = now().getTime();
  const reported = async (): Promise<Json[]> => {
    const rows = new Map<unknown, Json>();
    const end = now().getTime();
    for (let from = begunAt - DAY_MS; from < end; from += REPORT_MS) {
      const to = new Date(Math.min(from + REPORT_MS, end)).toISOString();
      const range = `start_date=${new Date(from).toISOString()}&end_date=${to}`;
      const page = await call("GET", `/v1/reporting/transactions?${range}&fields=all&page_size=500`);
      if (!page || Number(page.total_pages ?? 1) > 1) throw new Error("PayPal's report cannot be read");
      for (const { transaction_info } of page.transaction_details as { transaction_info: Json }[])
        rows.set(transaction_info.transaction_id, transaction_info);
    }
    return [...rows.values()];
  };
  const listEvents = async (): Promise<Json[]> => {
    const rows: Json[] = [];
    for (let path: string | undefined = "/v1/notifications/webhooks-events?page_size=100"; path;) {
      const page: Json | null = await call("GET", path);
      if (!page) throw new Error("PayPal's events cannot be read");
      rows.push(...((page.events ?? []) as Json[]));
      path = ((page.links ?? []) as { rel: string; href: string }[]).find(({ rel }) => rel === "next")?.href;
    }
    return rows;
  };
  return {
    name: "paypal",
    accountId: ACCOUNT,
    async visit(random, { url }) {
      if (random.between(1, 10) <= 8) await postForm(url, { buyer: random.pick(BUYERS) });
      else await postForm(url, { act: "cancel" });
    },
    async refund(random) {
      const paid = (await reported().catch(() => [])).filter(
        ({ transaction_amount }) => cents(transaction_amount) > 0n,
      );
      const [first, ...rest] = paid;
      if (!first) return;
      const { transaction_id, transaction_amount } = random.pick([first, ...rest]);
      const whole = Number(cents(transaction_amount));
      const part = (random.between(1, whole) / 100).toFixed(2);
      const amount = random.between(0, 2) === 0 ? {} : { amount: { value: part, currency_code: "USD" } };
      await call("POST", `/v2/payments/captures/${String(transaction_id)}/refund`, amount);
    },
    async books(): Promise<Books> {
      const rows = await reported();
      const captured = rows.filter(({ transaction_amount }) => cents(transaction_amount) > 0n);
      const refunded = rows.filter(({ transaction_amount }) => cents(transaction_amount) < 0n);
      return {
        captured: captured.map(movement),
        refunded: refunded.map(movement),
        netMinor: rows.reduce(
          (total, { transaction_amount, fee_amount }) =>
            total + cents(transaction_amount) + cents(fee_amount),
          0n,
        ),
        events: (await listEvents()).map(({ id, event_type }) => ({
          id: String(id),
          type: String(event_type),
        })),
        async of({ id, session, charge }): Promise<Known> {
          const order = session === null ? null : await call("GET", `/v2/checkout/orders/${session}`);
          // What a subscription pays carries the subscription's id.
          const ours = captured.filter(
            ({ custom_field, transaction_id }) => custom_field === id || transaction_id === charge,
          );
          const ids = new Set(ours.map(({ transaction_id }) => transaction_id));
          return {
            checkouts: null,
            charges: ours.map(movement),
            refunds: refunded.filter((row) => ids.has(row.paypal_reference_id)).map(movement),
            unpaid: unpaidStates(order),
          };
        },
        async subscriptions({ session }) {
          const found = session && (await call("GET", `/v1/billing/subscriptions/${session}`));
          return found ? [theirs(found)] : [];
        },
      };
    },
  };
}

const STATES: Record<string, string[]> = {
  APPROVAL_PENDING: ["incomplete", "canceled"],
  APPROVED: ["incomplete", "canceled"],
  // Held there until its period ends, it goes on here.
  SUSPENDED: ["active", "suspended"],
};

function theirs(found: Json): TheirSubscription {
  const status = String(found.status);
  const billing = (found.billing_info ?? {}) as {
    failed_payments_count?: number;
    next_billing_time?: string;
  };
  const active = (billing.failed_payments_count ?? 0) > 0 ? ["past_due", "suspended"] : ["active"];
  const next = billing.next_billing_time;
  return {
    id: String(found.id),
    states: status === "ACTIVE" ? active : (STATES[status] ?? ["canceled", "duplicate"]),
    live: status === "ACTIVE" || status === "SUSPENDED",
    quantity: Number(found.quantity ?? 1),
    periodEnd: status === "ACTIVE" && next !== undefined ? new Date(next) : null,
  };
}

const cents = (amount: unknown): bigint =>
  amount ? BigInt(Math.round(Number((amount as Json).value) * 100)) : 0n;

function movement({ transaction_id, transaction_amount }: Json): Movement {
  const amount = cents(transaction_amount);
  return { id: String(transaction_id), amountMinor: amount < 0n ? -amount : amount };
}

/** A declined buyer may be led to the page again; an order that nobody approves is forgotten. */
function unpaidStates(order: Json | null): string[] {
  if (!order) return ["canceled", "failed"];
  const units = (order.purchase_units ?? []) as { payments?: { captures?: Json[] } }[];
  const captures = units.flatMap(({ payments }) => payments?.captures ?? []);
  if (captures.some(({ status }) => !CAPTURED.has(String(status)))) return ["failed", "processing"];
  return ["requires_payment_method", "requires_action", "canceled"];
}
