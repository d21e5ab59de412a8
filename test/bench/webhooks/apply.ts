/** Authenticated Stripe events → ledger, a second: claimed, applied and posted in batches, nothing fetched. */
import { createSealer } from "../../../server/platform/crypto/index.ts";
import { KEYRING } from "../../harness/people.ts";
import { createBilling, readPacks } from "../../../server/kernel/billing/index.ts";
import { insertPayment, placeObjects } from "../../../server/kernel/billing/payments/store.ts";
import { createInbox, type Source } from "../../../server/kernel/webhooks/index.ts";
import { insertEvents } from "../../../server/kernel/webhooks/intake/insert-events.ts";
import { newEvent } from "../../../server/kernel/webhooks/intake/receive.ts";
import { systemClock } from "../../../server/platform/clock.ts";
import { anyConnection, withTx, type Db } from "../../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../../server/platform/ids.ts";
import { createLimiter } from "../../../server/platform/rate-limit/index.ts";
import { startHub } from "../../harness/hub.ts";
import { planDeps } from "../../harness/plans.ts";
import { createLogger, createMetrics } from "../../../server/platform/telemetry/index.ts";
import { createStripe, readEnvelope } from "../../../server/vendors/stripe/index.ts";
import { chargeSucceeded } from "./events.ts";

export type ApplyBench = { eventsPerSecond: number; posted: number };

const ACCOUNT = "acct_bench";
const CHUNK = 250;

/** Stores `count` events of as many payments of `orgs` organizations, then processes them by two lanes, as a worker does. */
export async function benchApply(options: { db: Db; count: number; orgs: number }): Promise<ApplyBench> {
  const { db, count } = options;
  const logger = createLogger("silent");
  const metrics = createMetrics("bench");
  const hub = startHub(db, db.url);
  // Nothing is fetched: an address where nobody listens would show it.
  const stripe = createStripe({ apiKey: "sk_test_bench", baseUrl: "http://127.0.0.1:9", metrics });
  const shared = { db, clock: systemClock, hub, logger, metrics };
  const billing = createBilling({
    ...shared,
    stripe,
    accountId: ACCOUNT,
    paypal: null,
    baseUrl: "http://127.0.0.1",
    packs: readPacks(),
    ...planDeps(shared),
  });
  const source: Source = {
    name: "stripe",
    accountId: ACCOUNT,
    mode: "test",
    verify: () => null,
    read: readEnvelope,
    keep: () => ({}),
    list: stripe.listEvents,
  };
  const inbox = createInbox({
    ...shared,
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: "http://localhost",
    maxAttempts: 12,
    sources: [source],
    handlers: billing.handlers,
  });
  await inbox.ensureEndpoints();
  const orgs = Array.from({ length: options.orgs }, () => newId("org"));
  for (const org of orgs) await store(db, inbox, org, Math.ceil(count / orgs.length));
  await db.pool.query("analyze");

  const stopping = new AbortController().signal;
  const startedAt = performance.now();
  const lane = async () => {
    while (await inbox.process(stopping));
  };
  await Promise.all([lane(), lane()]);
  const seconds = (performance.now() - startedAt) / 1000;
  let posted = 0;
  for (const org of orgs) posted += await countPosted(db, org);
  await hub.close();
  return { eventsPerSecond: posted / seconds, posted };
}

async function store(
  db: Db,
  inbox: ReturnType<typeof createInbox>,
  org: OrgId,
  count: number,
): Promise<void> {
  const endpoint = (await inbox.endpoints()).find(({ account_id }) => account_id === ACCOUNT);
  if (!endpoint) throw new Error("no endpoint");
  const at = new Date();
  for (let done = 0; done < count; done += CHUNK) {
    const bodies = await withTx(db, org, async (tx) => {
      const made: Buffer[] = [];
      for (let i = done; i < Math.min(done + CHUNK, count); i += 1) {
        const id = newId("pay");
        const sold = {
          amount_minor: 1_000n,
          currency: "usd",
          credits_micros: 1_000_000_000n,
          pack_key: "starter",
          provider: "stripe" as const,
        };
        const urls = { success_url: "http://127.0.0.1/", cancel_url: "http://127.0.0.1/" };
        const row = { id, mode: "test" as const, account_id: ACCOUNT, ...sold, ...urls, created_at: at };
        await insertPayment(tx, org, { ...row, operation_id: id, created_by: "bench" });
        await placeObjects(tx, ACCOUNT, [{ object_id: id, org_id: org, payment_id: id }]);
        made.push(chargeSucceeded({ holdfastId: id, amountMinor: 1_000, currency: "usd", at }));
      }
      return made;
    });
    const rows = bodies.map((body) => {
      const envelope = readEnvelope(body);
      if (!envelope) throw new Error("not an event");
      return newEvent(inbox.deps.sealer, endpoint, envelope, body, at);
    });
    await insertEvents(anyConnection(db), rows);
  }
}

async function countPosted(db: Db, org: OrgId): Promise<number> {
  const [row] = await withTx(db, org, (tx) =>
    tx.query<{ n: number }>(
      "bench.posted",
      "select count(*)::int as n from ledger.transactions where org_id = $1 and kind = 'payment.captured'",
      [org],
    ),
  );
  return row?.n ?? 0;
}
