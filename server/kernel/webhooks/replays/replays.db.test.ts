import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { KEYRING } from "../../../../test/harness/people.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { createDb, withSystemTx, withTx, type Db } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { createLimiter } from "../../../platform/rate-limit/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { post } from "../../ledger/index.ts";
import { createInbox, RuleBroken, stripeSource, type EventId, type Handler, type Inbox } from "../index.ts";

const SECRET = "whsec_test";
const DAY_MS = 86_400_000;
const org = newId("org");
const never = new AbortController().signal;

let database: TestDatabase;
let db: Db;
let hub: TestHub;
let inbox: Inbox;
let clock: ReturnType<typeof manualClock>;
let broken = false;

/** Posts one transaction per event and mails about it, once, as every handler must. */
const handler: Handler<string> = {
  source: "stripe",
  types: new Set(["t.ok", "t.other"]),
  prepare: (events) =>
    Promise.resolve(events.map((event) => ({ kind: "facts", orgId: org, facts: event.providerEventId }))),
  async apply(tx, tenant, facts, now) {
    if (broken) throw new RuleBroken("amount_mismatch", "not what was sold");
    const entries = [
      { account: "fees", unit: "usd", amount: 1n },
      { account: "revenue", unit: "usd", amount: -1n },
    ];
    const posted = await post(
      tx,
      tenant,
      facts.map((reference) => ({ mode: "test" as const, kind: "test", reference, entries })),
      now,
    );
    const effects = posted.map(({ posted: isNew, transactionId }) =>
      isNew ? [{ kind: "transaction", id: transactionId }] : [],
    );
    for (const [effect] of effects)
      if (effect)
        await tx.query(
          "t.mail",
          `insert into mail.outbox (id, kind, address, ref, state, created_at, next_attempt_at, finished_at)
           values ($1, 't.kind', 'a@b.example', '{}', 'sent', now(), now(), now())`,
          [newId("mail")],
        );
    return effects;
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  hub = startHub(db, database.url);
  clock = manualClock(new Date());
  const metrics = createMetrics("test");
  const stripe = createStripe({ apiKey: "sk_test_x", baseUrl: "http://127.0.0.1:9", metrics });
  inbox = createInbox({
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
  await inbox.ensureEndpoints();
});
beforeEach(() => (broken = false));
afterAll(async () => {
  await hub.close();
  await db.close();
  await database.drop();
});

let made = 0;
async function deliver(count: number, type = "t.ok"): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `evt_replayed_${(made += 1)}`);
  for (const id of ids) {
    const body = Buffer.from(
      JSON.stringify({
        id,
        type,
        created: 1_900_000_000,
        livemode: false,
        data: { object: { id: `o_${id}` } },
      }),
    );
    const t = Math.floor(clock.now().getTime() / 1000);
    const v1 = createHmac("sha256", SECRET).update(`${t}.`).update(body).digest("hex");
    const headers = { "stripe-signature": `t=${t},v1=${v1}` };
    await inbox.receive({ source: "stripe", endpointId: null, body, headers, ip: "::1" });
  }
  await drain();
  return ids;
}

async function drain(): Promise<void> {
  while (await inbox.process(never));
}

async function idOf(providerId: string): Promise<EventId> {
  const { rows } = await db.pool.query<{ id: EventId }>(
    "select id from webhooks.events where provider_event_id = $1",
    [providerId],
  );
  return rows[0]?.id as EventId;
}

const by = (asked: Record<string, string> = {}) => ({ actorId: "usr_1", operationId: newId("idk"), asked });

/** All that handlers write. */
async function books() {
  const ledger = await withTx(db, org, (tx) =>
    tx.query("t.books", "select * from ledger.entries where org_id = $1 order by transaction_id, account", [
      org,
    ]),
  );
  const mails = await withSystemTx(db, (tx) => tx.query("t.mails", "select * from mail.outbox order by id"));
  return { ledger, mails };
}

test("a dry run shows the entries, rows and mails that a repaired handler would make, and makes none", async () => {
  broken = true;
  const [providerId = ""] = await deliver(1);
  const id = await idOf(providerId);
  expect(await inbox.rehearse(id, never)).toMatchObject({
    result: "dead",
    code: "amount_mismatch",
    changes: [],
  });
  broken = false;
  const before = await books();
  const diff = await inbox.rehearse(id, never);
  expect(diff).toMatchObject({ event_id: id, result: "applies", more: false });
  const kinds = Map.groupBy(diff.changes, ({ kind }) => kind);
  expect(kinds.get("entry")?.map(({ op, after }) => [op, after?.account, after?.amount])).toEqual([
    ["inserted", "fees", 1],
    ["inserted", "revenue", -1],
  ]);
  expect(kinds.get("mail")).toMatchObject([
    { table: "mail.outbox", op: "inserted", after: { kind: "t.kind" } },
  ]);
  expect(kinds.get("row")?.map(({ table }) => table)).toContain("ledger.transactions");
  expect(await books()).toEqual(before);
  expect((await inbox.get(id)).state).toBe("dead");
  await inbox.replay(id, "usr_1");
  await drain();
  const event = await inbox.get(id);
  expect(event).toMatchObject({ state: "processed", run_id: expect.stringMatching(/^run_/) });
  expect(event.attempts_log.at(-1)?.run_id).toBe(event.run_id);
  expect(await inbox.rehearse(id, never)).toMatchObject({ result: "applies", changes: [] });
});

test("replaying everything processed changes no row and sends no mail; 50 a second, once", async () => {
  await deliver(120, "t.other");
  const before = await books();
  const operation = by({ type: "t.other" });
  const replay = await inbox.prepareReplay({ type: "t.other" }, operation);
  expect(replay).toMatchObject({ state: "ready", total: 120, has_more: false, filter: { type: "t.other" } });
  expect(replay.samples).toHaveLength(40);
  expect(replay.samples.every(({ result, changes }) => result === "applies" && changes.length === 0)).toBe(
    true,
  );
  expect((await inbox.prepareReplay({ type: "t.other" }, operation)).id).toBe(replay.id);
  // What is stored later is no part of the snapshot.
  await deliver(1, "t.other");
  expect(await inbox.advanceReplays()).toBe(false);
  const runs = await Promise.allSettled([1, 2, 3].map(() => inbox.runReplay(replay.id, "usr_1")));
  expect(runs.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await expect(inbox.runReplay(replay.id, "usr_1")).rejects.toMatchObject({
    kind: { code: "replay_started" },
  });
  const after = { ...before, ...(await books()) };
  for (const [queued, done] of [
    [50, 50],
    [50, 100],
    [20, 120],
  ] as const) {
    await Promise.all([inbox.advanceReplays(), inbox.advanceReplays()]);
    expect((await inbox.replayOf(replay.id)).progress.queued).toBe(queued);
    await drain();
    expect((await inbox.replayOf(replay.id)).progress).toMatchObject({
      unchanged: done,
      changed: 0,
      failed: 0,
    });
    expect(await inbox.advanceReplays()).toBe(false);
    clock.advance(1_000);
  }
  await inbox.advanceReplays();
  expect(await inbox.replayOf(replay.id)).toMatchObject({ state: "done" });
  expect(await books()).toEqual(after);
  await expect(inbox.stopReplay(replay.id, "usr_1")).rejects.toMatchObject({ kind: { code: "replay_over" } });
});

test("a replay of dead events tells which changed something and which failed again; cancelled, the rest stays", async () => {
  broken = true;
  const ids = await deliver(60);
  const filter = { state: "dead", errorCode: "amount_mismatch" } as const;
  const failing = await inbox.prepareReplay(filter, by());
  expect(failing.total).toBe(60);
  await inbox.runReplay(failing.id, "usr_1");
  await inbox.advanceReplays();
  await drain();
  broken = false;
  await inbox.stopReplay(failing.id, "usr_1");
  expect(await inbox.replayOf(failing.id)).toMatchObject({
    state: "cancelled",
    progress: { failed: 50, cancelled: 10, waiting: 0, changed: 0 },
  });
  clock.advance(1_000);
  expect(await inbox.advanceReplays()).toBe(false);
  const mended = await inbox.prepareReplay(filter, by());
  expect(mended.samples[0]).toMatchObject({ result: "applies" });
  expect(mended.samples[0]?.changes.length).toBeGreaterThan(3);
  await inbox.runReplay(mended.id, "usr_1");
  for (let second = 0; second < 3; second += 1) {
    await inbox.advanceReplays();
    await drain();
    clock.advance(1_000);
  }
  expect(await inbox.replayOf(mended.id)).toMatchObject({ state: "done", progress: { changed: 60 } });
  expect((await inbox.get(await idOf(ids[0] ?? ""))).run_id).toBe(mended.id);
  await expect(inbox.prepareReplay(filter, by())).rejects.toMatchObject({
    kind: { code: "nothing_to_replay" },
  });
  const listed = await inbox.replays({ limit: 1, cursor: null });
  expect(listed.map(({ id }) => id).slice(0, 2)).toEqual([mended.id, failing.id]);
});

test("dead events are discarded all or none, with the reason", async () => {
  broken = true;
  const ids = await Promise.all((await deliver(2)).map(idOf));
  const [other = ""] = await deliver(1, "t.unhandled");
  await expect(
    inbox.discard({ ids: [...ids, await idOf(other)], reason: "Made by a test" }, "usr_1"),
  ).rejects.toMatchObject({ kind: { code: "not_dead", status: 409 } });
  expect((await inbox.get(ids[0] as EventId)).state).toBe("dead");
  expect(await inbox.discard({ ids, reason: "Made by a test" }, "usr_1")).toBe(2);
  expect(await inbox.get(ids[0] as EventId)).toMatchObject({
    state: "ignored",
    error_code: "discarded",
    error_detail: "Made by a test",
  });
});

test("bytes are sealed at rest, those from before too; 90 days after the end they are gone, dead ones never", async () => {
  const [kept = "", ended = ""] = [...(await deliver(1)), ...(await deliver(1, "t.unhandled"))];
  broken = true;
  const [dead = ""] = await deliver(1);
  const text = (await inbox.payload(await idOf(kept), "usr_1")).toString();
  expect(text).toContain(kept);
  const plain = () =>
    db.pool.query(
      "select event_id from webhooks.payloads where position(convert_to($1, 'utf8') in body) > 0",
      [kept],
    );
  expect((await plain()).rowCount).toBe(0);
  await db.pool.query("update webhooks.payloads set body = $2, sealed = false where event_id = $1", [
    await idOf(kept),
    Buffer.from(text),
  ]);
  expect((await plain()).rowCount).toBe(1);
  expect((await inbox.payload(await idOf(kept), "usr_1")).toString()).toBe(text);
  while (await inbox.purge());
  expect((await plain()).rowCount).toBe(0);
  expect((await inbox.payload(await idOf(kept), "usr_1")).toString()).toBe(text);

  clock.advance(90 * DAY_MS - 1_000);
  while (await inbox.purge());
  await inbox.payload(await idOf(ended), "usr_1");
  clock.advance(2_000);
  while (await inbox.purge());
  const gone = { kind: { code: "payload_purged", status: 410 } };
  await expect(inbox.payload(await idOf(ended), "usr_1")).rejects.toMatchObject(gone);
  await expect(inbox.replay(await idOf(ended), "usr_1")).rejects.toMatchObject(gone);
  await expect(inbox.rehearse(await idOf(ended), never)).rejects.toMatchObject(gone);
  expect((await inbox.payload(await idOf(dead), "usr_1")).toString()).toContain(dead);
});

test("one altered byte of a stored event is noticed: it is dead, and changes nothing", async () => {
  const [providerId = ""] = await deliver(1);
  const id = await idOf(providerId);
  await db.pool.query(
    "update webhooks.payloads set body = set_byte(body, 40, (get_byte(body, 40) + 1) % 256) where event_id = $1",
    [id],
  );
  await inbox.replay(id, "usr_1");
  await drain();
  expect(await inbox.get(id)).toMatchObject({ state: "dead", error_code: "sealed" });
});
