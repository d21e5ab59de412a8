/** Thousands of events at once, of a company that is not to be asked more than 80 times a second. */
import { sign } from "../bench/webhooks/events.ts";
import type { Json } from "../harness/client.ts";
import type { Credentials as AllCredentials } from "../../local/sandbox.ts";
import { show, start, type Purchases } from "./buy.ts";
import { verifyBooks, type Books } from "./compare.ts";
import { SHORT } from "./crash.ts";
import { makeParties } from "./people.ts";
import { Product } from "./product.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { createRandom } from "./random.ts";
import type { Report } from "./report.ts";

export type BurstOptions = { events: number; seed: string };

const PARTIES = 8;
/** What one buyer may begin in a minute. */
const PURCHASES = 10;
const AMOUNT = 1_000;
const CARD = {
  number: "4242424242424242",
  exp: "12/34",
  cvc: "123",
  name: "Bo Buyer",
  email: "buyer@example.com",
};
/** The company's own bound. */
const READS_PER_SECOND = 80;
const SENDERS = 64;
const QUIET_TIMEOUT_MS = 15 * 60_000;

type Event = { id: string; type: string };
type Stripe = AllCredentials["stripe"];

export async function burst(report: Report, { events: wanted, seed }: BurstOptions): Promise<void> {
  const random = createRandom(seed);
  // Only what is delivered counts: no list is read.
  const product = await Product.start({ ...SHORT, WEBHOOK_BACKFILL_SECONDS: "3600" });
  try {
    const { stripe } = await product.control<AllCredentials>("GET", "worlds/default");
    await product.control("POST", "faults", {
      company: "stripe",
      on: "webhook",
      fault: "drop",
      probability: 1,
    });
    const parties = await makeParties(product, PARTIES);
    const purchases: Purchases = { begun: 0, paid: new Map(), abandoned: 0, refusals: new Map() };
    await Promise.all(
      parties.map(async (party) => {
        for (let n = 0; n < PURCHASES; n += 1) {
          const made = await start(party, { pack_key: "starter" }, purchases, new AbortController().signal);
          if (made) await show(product, made.sessionId, CARD);
        }
      }),
    );
    const events = await refundUntil(product, stripe, wanted);
    await product.control("POST", "stripe/settings", { reads_per_second: READS_PER_SECOND });
    for (let at = events.length - 1; at > 0; at -= 1) {
      const other = random.between(0, at);
      [events[at], events[other]] = [events[other] as Event, events[at] as Event];
    }
    await send(report, product, stripe, events);
    const { left, seconds } = await waitUntilQuiet(product, QUIET_TIMEOUT_MS);
    report.check("everything came to its end", left, `${seconds} s after the last was answered`);
    await product.control("POST", "stripe/settings", { reads_per_second: 0 });
    await compareEvents(report, product, events);
    await compareMoney(report, product);
    await verifyBooks(report, parties);
  } finally {
    await product.stop();
  }
  await product.remove();
}

async function api(
  stripe: Stripe,
  method: "GET" | "POST",
  path: string,
  form?: Record<string, string>,
): Promise<Json> {
  const answer = await fetch(`${stripe.base_url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${stripe.api_key}` },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Json;
}

async function listAll<T extends { id: string }>(stripe: Stripe, path: string): Promise<T[]> {
  const rows: T[] = [];
  for (let more = true; more;) {
    const after = rows.length > 0 ? `&starting_after=${rows.at(-1)?.id}` : "";
    const page = await api(stripe, "GET", `${path}?limit=100${after}`);
    rows.push(...(page.data as T[]));
    more = page.has_more === true;
  }
  return rows;
}

/** Refunds of a few cents, in turn, until the company has made so many events. All of them, newest first. */
async function refundUntil(product: Product, stripe: Stripe, wanted: number): Promise<Event[]> {
  const charges = await listAll(stripe, "/charges");
  const amount = String(Math.max(1, Math.floor(AMOUNT / Math.max(1, Math.ceil(wanted / charges.length)))));
  for (let round = 0; ; round += 1) {
    const { stripe: books } = await product.control<Books>("GET", "books");
    if (books.events.length >= wanted) {
      // What happens from here on is delivered: charges' fees come seconds later.
      await product.control("DELETE", "faults?world=default");
      return listAll<Event>(stripe, "/events");
    }
    if (round > AMOUNT) throw new Error("the charges do not suffice for so many events");
    for (const { id } of charges) await api(stripe, "POST", "/refunds", { charge: id, amount });
  }
}

async function send(
  report: Report,
  product: Product,
  { webhook_secret: secret }: Stripe,
  events: readonly Event[],
) {
  const queue = [...events];
  const refused: string[] = [];
  const startedAt = performance.now();
  const sender = async () => {
    for (let event = queue.pop(); event; event = queue.pop()) {
      const body = Buffer.from(JSON.stringify(event));
      const headers = {
        "content-type": "application/json",
        "stripe-signature": sign(body, secret, new Date()),
      };
      const answer = await fetch(`${product.url}/webhooks/stripe`, { method: "POST", headers, body });
      await answer.arrayBuffer();
      if (answer.status !== 200) refused.push(`${event.id}: ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  report.check(
    "every event of the burst is answered 200",
    refused,
    `${events.length} events in ${seconds} s`,
  );
}

async function compareEvents(report: Report, product: Product, events: readonly Event[]): Promise<void> {
  const rows = await product.sql<{ id: string; state: string; error_code: string | null }>(
    "select provider_event_id as id, state, error_code from webhooks.events where source = 'stripe'",
  );
  const states = new Map(rows.map((row) => [row.id, row]));
  report.check(
    "none is lost",
    events.filter(({ id }) => !states.has(id)).map(({ id, type }) => `${id} ${type}`),
  );
  report.check(
    "none is dead",
    rows.filter(({ state }) => state === "dead").map(({ id, error_code: code }) => `${id}: ${code ?? ""}`),
  );
  const path = "recordings?company=stripe&status=429&limit=100";
  const { data: tooMany } = await product.control<{ data: unknown[] }>("GET", path);
  report.check(
    `the company was not asked more than ${READS_PER_SECOND} times a second`,
    tooMany.length === 0 ? [] : [`${tooMany.length} questions were refused with 429`],
  );
}

/** Each charge and each refund once, and nothing else. */
async function compareMoney(report: Report, product: Product): Promise<void> {
  const rows = await product.sql<{ charges: number; refunds: number; cents: string }>(
    `select count(*) filter (where kind = 'payment.captured')::int as charges,
       count(*) filter (where kind = 'payment.refunded')::int as refunds,
       coalesce((select -sum(balance) from ledger.balances where account in ('revenue', 'refunds') and unit = 'usd'), 0)::text
         as cents from ledger.transactions`,
  );
  const { stripe } = await product.control<{ stripe: Books["stripe"] & { refunds?: Json[] } }>(
    "GET",
    "books",
  );
  const refunds = stripe.refunds ?? [];
  const cents =
    stripe.charges.reduce((sum, { amount }) => sum + amount, 0) -
    refunds.reduce((sum, { amount }) => sum + Number(amount), 0);
  const wanted = { charges: stripe.charges.length, refunds: refunds.length, cents: String(cents) };
  const [found] = rows;
  report.check(
    "charges and refunds are posted once each",
    JSON.stringify(found) === JSON.stringify(wanted)
      ? []
      : [`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`],
    `${wanted.charges} charges, ${wanted.refunds} refunds`,
  );
}
