/** Subscribes in the whole server and pays on the sandbox's pages, with a clock that moves for both. */
import type { Clock } from "../../server/platform/clock.ts";
import type { TestApp } from "./app.ts";
import { createBuyer } from "./buyer.ts";
import { createClient, type Client, type Json } from "./client.ts";
import { createPaypalBuyer } from "./paypal.ts";
import { addNeighbour, OWNER } from "./people.ts";

const TIMEOUT_MS = 40_000;
const POLL_MS = 50;
const LONGEST_POLL_MS = 500;
const APART_MS = 3_000;
const READ_MS = 5_000;
const DAY_S = 86_400;

export type MovingClock = Clock & { aheadMs: number };
export function movingClock(): MovingClock {
  const clock: MovingClock = { aheadMs: 0, now: () => new Date(Date.now() + clock.aheadMs) };
  return clock;
}

export type Subscriber = ReturnType<typeof createSubscriber>;

/** `as`: who subscribes; asked for anew after the clock has moved, since sessions end. `by`: who takes the money. */
export function createSubscriber(
  t: TestApp,
  clock: MovingClock,
  as: () => Promise<Client>,
  by: "stripe" | "paypal" = "stripe",
) {
  const buyer = createBuyer(t);
  const company = by === "paypal" ? createPaypalBuyer(t) : buyer;
  const sandbox = createClient(t.sandbox.url);
  let client: Promise<Client> | null = null;
  const call = async (method: string, path: string, body?: unknown) => {
    client ??= as();
    return (await client).call(method, path, body === undefined ? {} : { body });
  };
  let operator: Promise<Client> | null = null;
  let askedAt = 0;
  /** Deliveries are signed in real time, so a server whose clock has moved refuses them: it reads the company's list. */
  const catchUp = async () => {
    // Each is a job that reads it all: one at a time is enough.
    if (clock.aheadMs === 0 || Date.now() - askedAt < APART_MS) return;
    askedAt = Date.now();
    operator ??= t.signIn();
    const asking = await operator;
    const answer = await asking.call("POST", "/api/admin/backfills", {
      body: { account_id: by === "paypal" ? "paypal_default" : "acct_default" },
    });
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`not backfilled: ${answer.text}`);
    // One that is under way when the clock moves would be given up for lost, and come again much later.
    for (const endsAt = Date.now() + READ_MS; answer.status === 202 && Date.now() < endsAt;) {
      const { body } = await asking.call("GET", `/api/admin/backfills/${String(answer.body.id)}`);
      if (body.state === "done" || body.state === "failed") break;
      await new Promise((resolve) => setTimeout(resolve, LONGEST_POLL_MS / 2));
    }
  };
  const current = async () => {
    await catchUp();
    return (await call("GET", "/api/subscriptions/current")).body;
  };
  return {
    buyer,
    call,
    current,
    subscribe: (body: Json = {}) =>
      call("POST", "/api/subscriptions/subscribe", {
        plan_key: "pro",
        interval: "month",
        provider: by,
        ...body,
      }),
    async invoices() {
      await catchUp();
      return (await call("GET", "/api/invoices?limit=100")).body.data as Json[];
    },
    /** Waits for the subscription to fit. */
    async until(wanted: Json): Promise<Json> {
      const fits = (row: Json) => Object.entries(wanted).every(([key, value]) => row[key] === value);
      let pauseMs = POLL_MS;
      for (const endsAt = Date.now() + TIMEOUT_MS; ;) {
        const row = await current();
        if (fits(row)) return row;
        if (Date.now() > endsAt) throw new Error(`not ${JSON.stringify(wanted)} but ${JSON.stringify(row)}`);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        // Whoever asks too often is refused.
        pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS);
      }
    },
    /** Both clocks; what is due at the company happens in its order. */
    async advance(days: number) {
      // What is refused would be sent again and again for three days.
      if (clock.aheadMs === 0) await company.fault({ on: "webhook", fault: "drop", probability: 1 });
      const seconds = Math.round(days * DAY_S);
      const answer = await sandbox.call("POST", "/_sandbox/clock", {
        body: { advance: `${seconds}s` },
        idempotencyKey: null,
      });
      if (answer.status >= 300) throw new Error(`the sandbox's clock stands: ${answer.text}`);
      // Ours last: what it makes us ask is asked of a company whose days have passed.
      clock.aheadMs += seconds * 1_000;
      client = null;
      operator = null;
      askedAt = 0;
    },
  };
}

/** Who subscribed, and their organization. */
export type Subscribed = Subscriber & { org: string; email: string };

/** An owner of their own organization who has subscribed by Stripe and paid by this card. */
export async function addSubscribed(
  t: TestApp,
  clock: MovingClock,
  email: string,
  { body = {}, card }: { body?: Json; card?: string | undefined } = {},
): Promise<Subscribed> {
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }));
  const made = await who.subscribe(body);
  if (made.status !== 201) throw new Error(made.text);
  await who.buyer.pay(String(made.body.url), card);
  await who.until({ status: body.trial ? "trialing" : "active" });
  const [row] = await t.sql<{ org_id: string }>("select org_id from billing.subscriptions where id = $1", [
    made.body.subscription_id,
  ]);
  return { ...who, org: row?.org_id ?? "", email };
}

/** What pays from now on, as it is changed at the company. `alias`: one of Stripe's test methods. */
export async function payBy(t: TestApp, who: Subscribed, alias: string): Promise<void> {
  const [row] = await t.sql<{ customer: string; subscription: string }>(
    `select c.provider_customer_id as customer, s.provider_subscription_id as subscription
     from billing.customers c join billing.subscriptions s using (org_id) where c.org_id = $1`,
    [who.org],
  );
  const { id } = await who.buyer.stripe(`/payment_methods/${alias}/attach`, {
    customer: row?.customer ?? "",
  });
  await who.buyer.stripe(`/subscriptions/${row?.subscription}`, { default_payment_method: String(id) });
}
