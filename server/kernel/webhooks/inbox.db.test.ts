import { createSealer } from "../../platform/crypto/index.ts";
import { KEYRING } from "../../../test/harness/people.ts";
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { manualClock } from "../../platform/clock.ts";
import { createDb, withSystemTx, withTx, type Db } from "../../platform/db/index.ts";
import { newId } from "../../platform/ids.ts";
import { createLimiter } from "../../platform/rate-limit/index.ts";
import { startHub, type TestHub } from "../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../platform/telemetry/index.ts";
import { createStripe } from "../../vendors/stripe/index.ts";
import { post } from "../ledger/index.ts";
import { createInbox, RuleBroken, stripeSource, type Handler, type Inbox, type InboxEvent } from "./index.ts";
import { claimEvents } from "./store.ts";

/** Posts one transaction per event, named by the event; what it meets on the way is told by the type. */
type Fact = { reference: string; type: string };
const SECRET = "whsec_test";
const org = newId("org");
const never = new AbortController().signal;

let database: TestDatabase;
let db: Db;
let hub: TestHub;
let inbox: Inbox;
let clock: ReturnType<typeof manualClock>;
/** What fails now. */
let broken: Set<string>;
let applied: string[];

const handler: Handler<Fact> = {
  source: "stripe",
  types: new Set(["t.ok", "t.fail", "t.rule", "t.wait", "t.full", "t.dead", "t.foreign", "t.crash", "t.nul"]),
  async prepare(events) {
    return events.map((event) => {
      if (broken.has(event.type) && event.type === "t.crash") throw new Error("cannot prepare");
      if (broken.has(event.type) && event.type === "t.wait") return { kind: "wait", code: "away" };
      if (broken.has(event.type) && event.type === "t.full")
        return { kind: "wait", code: "fetch_limit", isOurs: true };
      if (event.type === "t.dead") return { kind: "dead", code: "unreadable", detail: "no" };
      if (event.type === "t.foreign") return { kind: "ignored", code: "not_ours" };
      return { kind: "facts", orgId: org, facts: { reference: event.providerEventId, type: event.type } };
    });
  },
  async apply(tx, tenant, facts, now) {
    for (const { type } of facts) {
      if (broken.has(type) && type === "t.nul") await tx.query("test_nul", "select $1::text", ["cs_\0"]);
      if (broken.has(type) && type === "t.fail") throw new Error("handler\0 has a bug");
      if (broken.has(type) && type === "t.rule") throw new RuleBroken("amount_mismatch", "not what was sold");
    }
    const entries = [
      { account: "clearing:test", unit: "usd", amount: 1n },
      { account: "revenue", unit: "usd", amount: -1n },
    ];
    const posted = await post(
      tx,
      tenant,
      facts.map(({ reference }) => ({ mode: "test" as const, kind: "test", reference, entries })),
      now,
    );
    applied.push(...facts.map(({ reference }) => reference));
    return posted.map(({ posted: isNew, transactionId }) =>
      isNew ? [{ kind: "transaction", id: transactionId }] : [],
    );
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  hub = startHub(db, database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  clock = manualClock(new Date());
  broken = new Set();
  applied = [];
  inbox = newInbox();
  await inbox.ensureEndpoints();
  // What a test before left behind is finished.
  await db.pool.query(
    "update webhooks.events set state = 'ignored' where state not in ('processed', 'dead', 'ignored')",
  );
});

/** Another one is another process. */
function newInbox(): Inbox {
  const metrics = createMetrics("test");
  const stripe = createStripe({ apiKey: "sk_test_x", baseUrl: "http://127.0.0.1:9", metrics });
  return createInbox({
    db,
    clock,
    hub,
    logger: createLogger("silent"),
    metrics,
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: "http://localhost",
    maxAttempts: 3,
    sources: [stripeSource({ stripe, accountId: "acct_1", secrets: [SECRET] })],
    handlers: [handler],
  });
}

let made = 0;
const eventId = () => `evt_${(made += 1)}_${process.pid}`;

async function deliver(
  type: string,
  more: { id?: string; object?: object; livemode?: boolean; created?: number } = {},
) {
  const { id = eventId(), object = { id: `obj_${id}` }, livemode = false, created = 1_900_000_000 } = more;
  await send(JSON.stringify({ id, type, created, livemode, data: { object } }));
  return id;
}

function send(text: string): Promise<void> {
  const body = Buffer.from(text);
  const t = Math.floor(clock.now().getTime() / 1000);
  const v1 = createHmac("sha256", SECRET).update(`${t}.`).update(body).digest("hex");
  return inbox.receive({
    source: "stripe",
    endpointId: null,
    body,
    headers: { "stripe-signature": `t=${t},v1=${v1}` },
    ip: "::1",
  });
}

async function drain(): Promise<void> {
  while (await inbox.process(never));
}

async function stored(providerId: string) {
  const { rows } = await db.pool.query<{ id: InboxEvent["id"] }>(
    "select id from webhooks.events where provider_event_id = $1",
    [providerId],
  );
  expect(rows).toHaveLength(1);
  return inbox.get(rows[0]?.id as InboxEvent["id"]);
}

const postings = (reference: string) =>
  withTx(db, org, (tx) =>
    tx.query("t_posted", "select id from ledger.transactions where reference = $1", [reference]),
  );

test("an event delivered many times at once is one row, applied once", async () => {
  const id = eventId();
  await Promise.all(Array.from({ length: 50 }, () => deliver("t.ok", { id })));
  await drain();
  await deliver("t.ok", { id });
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", attempts: 1, org_id: org });
  expect(await postings(id)).toHaveLength(1);
  expect(applied).toEqual([id]);
});

test("the exact bytes are kept", async () => {
  const id = eventId();
  const text = `{ "id":"${id}",\n "type":"t.foreign", "created":1900000000, "data":{"object":{"id":"x"}}, "é":"✓" }`;
  await send(text);
  expect((await inbox.payload((await stored(id)).id, "system")).toString()).toBe(text);
});

test("what is signed but cannot be read is kept, dead, and acknowledged once", async () => {
  await send("not json");
  await send("not json");
  const { rows } = await inbox.list({ state: "dead", type: "unreadable" }, { limit: 10, cursor: null });
  expect(rows).toHaveLength(1);
  expect(rows[0]?.provider_event_id).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test.each([
  ["a type that nobody handles", "t.unknown", "unhandled_type"],
  ["an object that is not ours", "t.foreign", "not_ours"],
])("%s is ignored", async (_name, type, code) => {
  const id = await deliver(type);
  await drain();
  expect(await stored(id)).toMatchObject({ state: "ignored", error_code: code });
});

test("an event of the other mode is stored and never applied, when it is replayed neither", async () => {
  const id = await deliver("t.ok", { livemode: true });
  await drain();
  expect(await stored(id)).toMatchObject({ state: "ignored", error_code: "other_mode" });
  await inbox.replay((await stored(id)).id, "system");
  await drain();
  expect(await stored(id)).toMatchObject({ state: "ignored", error_code: "other_mode", replays: 1 });
  expect(await postings(id)).toHaveLength(0);
});

test("one event that fails does not hold back its batch", async () => {
  broken.add("t.fail").add("t.crash");
  const good = [await deliver("t.ok"), await deliver("t.ok")];
  const bad = [await deliver("t.fail"), await deliver("t.crash")];
  good.push(await deliver("t.ok"));
  await drain();
  for (const id of good) expect(await stored(id)).toMatchObject({ state: "processed" });
  for (const id of bad) expect(await stored(id)).toMatchObject({ state: "waiting_retry", attempts: 1 });
});

test("an event with text that no column takes is dead at once, and takes no other with it", async () => {
  broken.add("t.nul");
  const [bad, good] = [await deliver("t.nul"), await deliver("t.ok")];
  await drain();
  expect(await stored(bad)).toMatchObject({ state: "dead", attempts: 1, error_code: "unstorable_text" });
  expect(await stored(good)).toMatchObject({ state: "processed" });
  broken.clear();
});

test("a poison event is dead after its attempts, and applied once when it is replayed after the repair", async () => {
  broken.add("t.fail");
  const id = await deliver("t.fail");
  for (const [attempts, state] of [
    [1, "waiting_retry"],
    [2, "waiting_retry"],
    [3, "dead"],
  ] as const) {
    await drain();
    expect(await stored(id)).toMatchObject({ state, attempts, error_detail: "handler has a bug" });
    await drain();
    expect((await stored(id)).attempts).toBe(attempts);
    clock.advance(5 * 60_000);
  }
  const event = await stored(id);
  expect(event.attempts_log.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [1, "waiting_retry"],
    [2, "waiting_retry"],
    [3, "dead"],
  ]);
  expect(await inbox.deadLetters()).toContainEqual(
    expect.objectContaining({ type: "t.fail", error_code: "failed" }),
  );
  broken.clear();
  await inbox.replay(event.id, "system");
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", replays: 1, attempts: 1, error_code: null });
  expect(await postings(id)).toHaveLength(1);
});

test("a broken rule is dead at once, and so is what can never be read", async () => {
  broken.add("t.rule");
  const [rule, dead] = [await deliver("t.rule"), await deliver("t.dead")];
  await drain();
  expect(await stored(rule)).toMatchObject({ state: "dead", attempts: 1, error_code: "amount_mismatch" });
  expect(await stored(dead)).toMatchObject({ state: "dead", attempts: 1, error_code: "unreadable" });
});

test("a company that is away counts no attempt, for 3 days", async () => {
  broken.add("t.wait");
  const id = await deliver("t.wait");
  for (let hours = 0; hours < 71; hours += 1) {
    await drain();
    expect(await stored(id)).toMatchObject({ state: "waiting_retry", attempts: 0, error_code: "away" });
    clock.advance(3_600_000);
  }
  clock.advance(2 * 3_600_000);
  await drain();
  expect(await stored(id)).toMatchObject({ state: "dead", error_code: "away" });
});

test("what our own bound holds up does not end over it, though it came in while no worker ran", async () => {
  broken.add("t.full");
  const id = await deliver("t.full");
  clock.advance(4 * 24 * 3_600_000);
  await drain();
  expect(await stored(id)).toMatchObject({ state: "waiting_retry", attempts: 0, error_code: "fetch_limit" });
  broken.delete("t.full");
  clock.advance(3_600_000);
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", error_code: null });
});

test("replaying what is done changes nothing; what is not finished cannot be replayed", async () => {
  const id = await deliver("t.ok");
  const open = await stored(id);
  await expect(inbox.replay(open.id, "system")).rejects.toMatchObject({
    kind: { code: "event_open", status: 409 },
  });
  await drain();
  const { effects } = await stored(id);
  expect(effects).toHaveLength(1);
  await inbox.replay(open.id, "system");
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", replays: 1, effects });
  expect(await postings(id)).toHaveLength(1);
  await expect(inbox.replay(newId("evt"), "system")).rejects.toMatchObject({ kind: { code: "not_found" } });
});

test("events of a process that died come back when its lease lapses; its late answer changes nothing", async () => {
  const id = await deliver("t.ok");
  const lease = {
    id: "run_dead",
    now: clock.now(),
    leaseUntil: new Date(clock.now().getTime() + 15_000),
    limit: 256,
  };
  const [claimed] = await withSystemTx(db, (tx) => claimEvents(tx, lease));
  expect(claimed?.providerEventId).toBe(id);
  await drain();
  expect(await inbox.sweep()).toBe(0);
  expect(applied).toEqual([]);
  clock.advance(15_001);
  expect(await inbox.sweep()).toBe(1);
  expect(await stored(id)).toMatchObject({ state: "waiting_retry", attempts: 1, error_code: "lease_lost" });
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", attempts: 2 });
  expect(await postings(id)).toHaveLength(1);
});

test("events of one root never run in two claims at once, and in order of creation within one", async () => {
  const object = { id: "ch", payment_intent: `pi_${eventId()}` };
  const late = await deliver("t.ok", { object, created: 1_900_000_005 });
  const early = await deliver("t.ok", { object, created: 1_900_000_001 });
  const claim = (name: string) =>
    withSystemTx(db, (tx) =>
      claimEvents(tx, { id: name, now: clock.now(), leaseUntil: clock.now(), limit: 256 }),
    );
  const first = await claim("run_first");
  expect(first.map(({ providerEventId }) => providerEventId)).toEqual([early, late]);
  await deliver("t.ok", { object });
  const other = await deliver("t.ok");
  expect((await claim("run_second")).map(({ providerEventId }) => providerEventId)).toEqual([other]);
});

test("several processes share the work without applying anything twice", async () => {
  const ids = await Promise.all(Array.from({ length: 300 }, () => deliver("t.ok")));
  const processes = [inbox, newInbox(), newInbox(), newInbox()];
  await Promise.all(
    processes.map(async (each) => {
      while (await each.process(never));
    }),
  );
  expect(applied.toSorted()).toEqual(ids.toSorted());
  expect(await inbox.counts()).toMatchObject({
    received: 0,
    processing: 0,
    waiting_retry: 0,
    oldest_seconds: 0,
  });
});

test("a stopping worker applies nothing more and gives its events back uncounted", async () => {
  const id = await deliver("t.ok");
  await inbox.process(AbortSignal.abort());
  expect(await stored(id)).toMatchObject({ state: "waiting_retry", attempts: 0 });
  await drain();
  expect(await stored(id)).toMatchObject({ state: "processed", attempts: 1 });
});

test("lists are stable pages, newest first, filtered", async () => {
  const object = { id: `ch_${eventId()}`, payment_intent: `pi_${eventId()}` };
  const ids = [];
  for (let i = 0; i < 5; i += 1) {
    ids.push(await deliver("t.foreign", { object }));
    clock.advance(1_000);
  }
  const page = async (
    filter: { objectId?: string; receivedFrom?: Date },
    cursor: { at: Date; id: string } | null,
  ) => inbox.list(filter, { limit: 2, cursor });
  const seen: string[] = [];
  let cursor: { at: Date; id: string } | null = null;
  for (;;) {
    const { rows, hasMore } = await page({ objectId: object.payment_intent }, cursor);
    seen.push(...rows.map((row) => row.provider_event_id));
    const last = rows.at(-1);
    if (!hasMore || !last) break;
    cursor = { at: last.received_at, id: last.id };
  }
  expect(seen).toEqual(ids.toReversed());
  const recent = await page(
    { objectId: object.id, receivedFrom: new Date(clock.now().getTime() - 1_000) },
    null,
  );
  expect(recent.rows.map((row) => row.provider_event_id)).toEqual([ids[4]]);
  expect((await stored(ids[0] as string)).timeline.map(({ id }) => id)).toHaveLength(5);
});
