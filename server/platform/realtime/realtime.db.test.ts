import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { systemClock } from "../clock.ts";
import { createDb, type Db } from "../db/index.ts";
import { createHttp, type Actor, type Http } from "../http/index.ts";
import { newId, type OrgId } from "../ids.ts";
import { Problem, common } from "../problem.ts";
import { createLimiter } from "../rate-limit/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { startHub, type TestHub } from "../../../test/harness/hub.ts";
import type { RealtimeEvent } from "./index.ts";
import { realtimeRoutes } from "./routes.ts";
import { soon } from "../../../test/harness/soon.ts";

const logger = createLogger("silent");
const [a, b] = [newId("org"), newId("org")];
const person = (orgId: OrgId, operator = false): Actor => ({
  kind: "session",
  credentialId: newId("ses"),
  userId: newId("usr"),
  keyId: null,
  orgId,
  role: "viewer",
  operator,
  permissions: new Set<string>(),
  scopes: null,
  mode: "test",
  rateLimitPerMin: 0,
  provenAt: null,
  suspended: false,
  mfaDue: false,
});

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
let here: TestHub;
let there: TestHub;
let http: Http;
let url: string;
let caller: Actor | null;
let answer: () => Promise<Actor | null>;
let seen: Record<string, unknown>[];
let draining: AbortController;
let readers: Reader[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  seen = [];
  answer = async () => caller;
  draining = new AbortController();
  [here, there] = await Promise.all([hubThatListens(), hubThatListens()]);
  http = await createHttp({
    logger,
    metrics: createMetrics("0"),
    clock: systemClock,
    db,
    limiter: createLimiter(),
    authenticate: async ({ headers }) => {
      seen.push(headers);
      return answer();
    },
    version: "0",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  realtimeRoutes(http, { hub: here, draining: draining.signal });
  url = await http.app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const reader of readers) reader.leave();
  readers = [];
  await http.app.close();
  await Promise.all([here.close(), there.close()]);
});

/** A hub whose connection listens: it says so by a gap. */
async function hubThatListens(): Promise<TestHub> {
  const hub = startHub(db, database.url);
  const listening = Promise.withResolvers<void>();
  const leave = hub.subscribe({ wants: () => true, send: () => listening.resolve() }, null);
  await listening.promise;
  leave();
  return hub;
}

type Reader = {
  status: number;
  text: string;
  until(part: string): Promise<void>;
  ended: Promise<void>;
  leave(): void;
};

async function open(actor: Actor, query = "", lastEventId?: string): Promise<Reader> {
  caller = actor;
  const leaving = new AbortController();
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const stream = await fetch(`${url}/api/stream${query}`, { headers, signal: leaving.signal });
  const ended = Promise.withResolvers<void>();
  const reader: Reader = {
    status: stream.status,
    text: "",
    until: (part) => soon(() => expect(reader.text).toContain(part)),
    ended: ended.promise,
    leave: () => leaving.abort(),
  };
  const read = async () => {
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) reader.text += chunk;
  };
  read().then(ended.resolve, () => ended.resolve());
  readers.push(reader);
  if (stream.status === 200) await reader.until("retry:");
  return reader;
}

test("a reader gets its organization's events, from this process and from others, and never another's", async () => {
  const [own, foreign, operator] = [
    await open(person(a)),
    await open(person(b)),
    await open(person(b, true)),
  ];
  here.publish("credits.changed", a, { from: "here" });
  there.publish("payment.updated", a, { from: "there" });
  there.publish("webhooks.counts", null);
  await own.until('event: credits.changed\ndata: {"from":"here"}');
  await own.until('event: payment.updated\ndata: {"from":"there"}');
  await operator.until("event: webhooks.counts\ndata: null");
  here.publish("marker", b);
  await Promise.all([foreign.until("event: marker"), operator.until("event: marker")]);
  for (const reader of [foreign, operator]) {
    expect(reader.text).not.toContain("credits.changed");
    expect(reader.text).not.toContain("payment.updated");
  }
  expect(own.text + foreign.text).not.toContain("webhooks.counts");
});

test("a reader gets the topics it asked for, each burst as one", async () => {
  const reader = await open(person(a), "?topics=credits.changed");
  here.publish("payment.updated", a);
  here.publish("credits.changed", a, 1);
  here.publish("credits.changed", a, 2);
  await reader.until("data: 2");
  expect(reader.text.match(/event: /g)).toHaveLength(1);
  expect((await fetch(`${url}/api/stream?topics=DROP`)).status).toBe(400);
});

test("who comes back gets what was missed; who was away for too long, or elsewhere, is told to read again", async () => {
  const first = await open(person(a));
  here.publish("credits.changed", a, "seen");
  await first.until("seen");
  const lastId = /id: (\d+)/.exec(first.text)?.[1] as string;
  first.leave();
  here.publish("credits.changed", b, "foreign");
  await published(here, b);
  here.publish("credits.changed", a, "missed");
  await published(here, a);
  const back = await open(person(a), "", lastId);
  await back.until("missed");
  expect(back.text).not.toMatch(/seen|foreign|stream\.gap/);
  for (const id of ["1", "9000000000000000", String(Number(lastId) - 100)]) {
    const lost = await open(person(a), "", id);
    await lost.until("event: stream.gap");
    expect(lost.text).not.toContain("missed");
  }
  expect((await open(person(a), "", "nonsense")).text).not.toContain("stream.gap");
});

/** Resolves when the hub delivered something of this organization. */
function published(hub: TestHub, orgId: OrgId): Promise<RealtimeEvent> {
  const { promise, resolve } = Promise.withResolvers<RealtimeEvent>();
  const leave = hub.subscribe({ wants: (event) => event.orgId === orgId, send: resolve }, null);
  return promise.finally(leave);
}

test("a reader that missed more than is kept is told to read again", async () => {
  const events: RealtimeEvent[] = [];
  const leave = here.subscribe({ wants: () => true, send: (event) => void events.push(event) }, null);
  for (let n = 0; n < 1_002; n += 1) here.publish(`topic.${n}`, a);
  await soon(() => expect(events).toHaveLength(1_002));
  // A part of this process that listens is nobody's page.
  expect(here.pages).toBe(0);
  leave();
  const replay = (lastId: number): RealtimeEvent[] => {
    const got: RealtimeEvent[] = [];
    here.subscribe({ wants: () => true, send: (event) => void got.push(event) }, lastId)();
    return got;
  };
  const [first, second] = events as [RealtimeEvent, RealtimeEvent];
  expect(replay(first.id)).toMatchObject([{ topic: "stream.gap" }]);
  expect(replay(second.id)).toHaveLength(1_000);
});

test("a burst of any size reaches the other process whole; what is too large arrives without its body", async () => {
  const got = new Map<string, unknown>();
  const leave = there.subscribe(
    { wants: () => true, send: ({ topic, data }) => void got.set(topic, data) },
    null,
  );
  for (let n = 0; n < 300; n += 1) here.publish(`topic.${n}`, a, { text: "ü".repeat(50) });
  here.publish("large", a, "ü".repeat(5_000));
  await soon(() => expect(got.size).toBe(301));
  leave();
  expect(got.get("topic.299")).toEqual({ text: "ü".repeat(50) });
  expect(got.get("large")).toBeNull();
});

test("what was published a moment before the end still reaches the other process", async () => {
  const late = published(there, b);
  here.publish("credits.changed", b, "last words");
  await here.close();
  expect(await late).toMatchObject({ data: "last words" });
});

test("a stream ends when its credential does, and asking for that keeps no session alive", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const reader = await open(person(a));
  expect(seen).toMatchObject([{ "x-holdfast-background": "1" }]);
  await vi.advanceTimersByTimeAsync(15_000);
  await reader.until(": alive");
  expect(seen).toMatchObject([{}, { "x-holdfast-background": "1" }]);
  caller = null;
  await vi.advanceTimersByTimeAsync(15_000);
  await reader.ended;
  expect(here.pages).toBe(0);
});

test.each([
  ["its session moved to another organization", async (actor: Actor) => ({ ...actor, orgId: b })],
  ["its person is an operator no more", async (actor: Actor) => ({ ...actor, operator: false })],
  [
    "its key was revoked",
    async () => {
      throw new Problem(common.unauthenticated);
    },
  ],
])("a stream ends when %s", async (_what, next) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const actor = person(a, true);
  const reader = await open(actor);
  answer = () => next(actor);
  await vi.advanceTimersByTimeAsync(15_000);
  await reader.ended;
  expect(here.pages).toBe(0);
});

test("while the credential cannot be asked for, a stream goes on", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const reader = await open(person(a));
  answer = async () => {
    throw new Problem(common.database_unavailable);
  };
  await vi.advanceTimersByTimeAsync(15_000);
  await reader.until(": alive");
  here.publish("credits.changed", a);
  await reader.until("credits.changed");
  expect(here.pages).toBe(1);
});

test("a reader that left before its stream began leaves nothing behind", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<Actor>();
  answer = () => {
    asked.resolve();
    return gate.promise;
  };
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("GET /api/stream HTTP/1.1\r\nhost: x\r\n\r\n");
  const [, response] = (await once(http.app.server, "request")) as [unknown, ServerResponse];
  await asked.promise;
  socket.destroy();
  await once(response, "close");
  gate.resolve(person(a));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(here.pages).toBe(0);
});

test("a stream that begins while the process ends is told at once", async () => {
  draining.abort();
  const reader = await open(person(a));
  await reader.until("event: drain");
  await reader.ended;
  expect(here.pages).toBe(0);
});

test("one person's streams are bounded; closing one makes room", async () => {
  const actor = person(a);
  const all = await Promise.all(Array.from({ length: 20 }, () => open(actor)));
  const refused = await open(actor);
  expect([refused.status, (await open(person(a))).status]).toEqual([429, 200]);
  all[0]?.leave();
  await soon(() => expect(here.pages).toBe(20));
  expect((await open(actor)).status).toBe(200);
});

test("at the end of the process readers are told, and one that takes nothing is cut", async () => {
  const reader = await open(person(a));
  const deaf = await deafReader();
  draining.abort();
  // A stream that ended takes nothing more: each write after it would be an error that nobody hears.
  for (let n = 0; n < 5; n += 1) here.publish(`topic.${n}`, a);
  await reader.until("event: drain");
  await reader.ended;
  expect(reader.text).not.toContain("topic.");
  await http.app.close();
  expect(here.pages).toBe(0);
  deaf.destroy();
});

/** A reader whose socket is full: it asked for the stream and takes none of it. */
async function deafReader(): Promise<Socket> {
  caller = person(a);
  const socket = connect(Number(new URL(url).port), "127.0.0.1").pause();
  socket.write("GET /api/stream HTTP/1.1\r\nhost: x\r\n\r\n");
  const [, response] = (await once(http.app.server, "request")) as [unknown, ServerResponse];
  await soon(() => expect(response.headersSent).toBe(true));
  while (response.writableLength === 0) {
    response.write(`: ${"x".repeat(65_536)}\n\n`);
    await new Promise(setImmediate);
  }
  return socket;
}
