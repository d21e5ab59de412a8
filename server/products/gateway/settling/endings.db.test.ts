/** Calls that end otherwise than by an answer: the caller leaves, the process dies, the same key comes again. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../platform/clock.ts";
import { newId } from "../../../platform/ids.ts";
import { startHub } from "../../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { readChat } from "../call/read-chat.ts";
import { createGateway } from "../gateway.ts";
import { hold } from "./hold.ts";
import { takeRates } from "../limits/rates.ts";
import { chooseRoute } from "../routing/choose.ts";
import { startTestGateway, unlimited, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ haste: 10, env: { GATEWAY_HOLD_LEASE_SECONDS: "3" } });
});
afterAll(() => gateway.close());
beforeEach(() =>
  gateway.settings({ first_token_ms: 0, tokens_per_second: 0, hold: null, on_disconnect: "stop" }),
);

const model = "openai/gpt-4o-mini";
const body = (rest: Record<string, unknown> = {}) => ({
  model,
  messages: [{ role: "user", content: "Say 'hello'" }],
  ...rest,
});
const last = async () => (await gateway.requests()).at(-1);
const quiet = () =>
  gateway.until(
    "nothing held",
    async () => {
      const { held_count, held_micros } = await gateway.balance();
      return held_count === 0 && held_micros === 0;
    },
    20_000,
  );

/** Starts a streamed call and hangs up after so many data events. */
function leaveAfter(events: number, rest: Record<string, unknown>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = httpRequest(`${gateway.app.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${gateway.secret}` },
  });
  let seen = 0;
  request.on("response", (answer) =>
    answer
      .on("data", (chunk: Buffer) => {
        seen += chunk.toString().split("data: ").length - 1;
        if (seen < events) return;
        request.destroy();
        resolve();
      })
      .on("error", () => resolve()),
  );
  request.on("error", (error: NodeJS.ErrnoException) =>
    error.code === "ECONNRESET" ? resolve() : reject(error),
  );
  request.end(JSON.stringify(body({ stream: true, ...rest })));
  return promise;
}

const long = { model: "sandbox/long", messages: [{ role: "user", content: "tokens=200 gap=5" }] };

test.each(["stop", "drain"])(
  "a caller who leaves pays what the provider bills, which is less than the whole answer when it stops (%s)",
  async (on_disconnect) => {
    await gateway.settings({ on_disconnect });
    for (const events of [2, 20, 60]) {
      const { length } = await gateway.bill();
      await leaveAfter(events, long);
      await gateway.until("settled", async () => (await last())?.state === "settled", 15_000);
      const generation = await gateway.until("billed", async () => {
        const bill = await gateway.bill();
        return bill.length > length && bill.at(-1)?.state !== "running" && bill.at(-1);
      });
      expect(await last()).toMatchObject({
        outcome: "disconnected",
        basis: "reconciled",
        generation_id: generation.id,
      });
      expect(Number((await last())?.cost_usd)).toBe(Number(generation.cost));
      if (on_disconnect === "stop") expect(generation.completion_tokens).toBeLessThan(200);
    }
    await quiet();
  },
  60_000,
);

test("a caller who leaves a JSON call that the provider never names pays for the prompt", async () => {
  await gateway.settings({ hold: "leave" });
  const leaving = new AbortController();
  const call = fetch(`${gateway.app.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${gateway.secret}` },
    body: JSON.stringify(body()),
    signal: leaving.signal,
  });
  await gateway.until("open upstream", async () => (await gateway.heldUpstream()) === 1);
  leaving.abort();
  await expect(call).rejects.toThrow();
  await gateway.until("upstream cancelled", async () => (await gateway.heldUpstream()) === 0, 250);
  await quiet();
  expect(await last()).toMatchObject({ state: "settled", outcome: "disconnected", basis: "estimated" });
  await gateway.release("leave");
});

test("an open call of a dead process is settled once by the provider's books, or released when it never began", async () => {
  await gateway.key.call("POST", "/v1/chat/completions", { body: body(), idempotencyKey: null });
  const generation = (await gateway.bill()).at(-1);
  const logger = createLogger("silent");
  const metrics = createMetrics("test");
  const hub = startHub(gateway.db, gateway.db.url);
  const dead = await createGateway({
    consoleUrl: "http://localhost",
    db: gateway.db,
    clock: systemClock,
    logger,
    metrics,
    hub,
    ...unlimited,
    bus: hub.bus,
    sealer: createSealer(["a secret of this test alone, long enough"]),
    providers: [{ id: "openrouter", kind: "openrouter", apiKey: "none", baseUrl: "http://127.0.0.1:9" }],
    holdLeaseSeconds: 3,
    maxOpenCalls: 10,
  });
  const chat = readChat(Buffer.from(JSON.stringify(body())));
  const owner = {
    kind: "session",
    credentialId: "ses_dead",
    userId: null,
    keyId: null,
    role: "owner",
    operator: false,
    permissions: new Set<string>(),
    scopes: null,
    rateLimitPerMin: null,
    provenAt: null,
    suspended: false,
    mfaDue: false,
  } as const;
  const open = await Promise.all(
    [1, 2].map(async () =>
      hold(dead, {
        requestId: newId("req"),
        actor: { ...owner, orgId: gateway.org, mode: "test" },
        chat,
        route: chooseRoute(dead.catalogue, {
          model: chat.model,
          mode: "test",
          now: Date.now(),
          routing: null,
        }),
        key: null,
        projectId: null,
        fit: false,
        caching: null,
        fold: null,
        memory: null,
        shortened: null,
        limits: [],
        rates: await takeRates(unlimited.limiter.meter, {
          bounds: [],
          tokens: 0,
          now: new Date(),
          header: () => undefined,
        }),
        startedAt: 0,
      }),
    ),
  );
  await dead.drain();
  await dead.close();
  await hub.close();
  const [known, unknown] = open.map(({ requestId }) => requestId);
  await gateway.app.sql("update gateway.requests set generation_id = $2 where id = $1", [
    known,
    generation?.id,
  ]);
  const rows = await gateway.until(
    "both ended",
    async () => {
      const now = (await gateway.requests()).filter(({ id }) => id === known || id === unknown);
      return now.every(({ state }) => state === "settled" || state === "released") && now;
    },
    15_000,
  );
  const row = (id: string | undefined) => rows.find((each) => each.id === id);
  expect(row(known)).toMatchObject({ state: "settled", outcome: "died", basis: "reconciled" });
  expect(Number(row(known)?.cost_usd)).toBe(Number(generation?.cost));
  expect(row(unknown)).toMatchObject({ state: "released", outcome: "died", cost_micros: "0" });
  await quiet();
});

test("the lease of a long call is renewed while it runs", async () => {
  await gateway.settings({ hold: "long" });
  const call = gateway.key.call("POST", "/v1/chat/completions", { body: body(), idempotencyKey: null });
  await gateway.until("open upstream", async () => (await gateway.heldUpstream()) === 1);
  const leases = async () =>
    (
      await gateway.app.sql<{ lease: Date; deadline: Date }>(
        `select q.next_lookup_at as lease, h.deadline_at as deadline from gateway.requests q
         join ledger.holds h on h.org_id = q.org_id and h.id = q.hold_id where q.state = 'open'`,
      )
    )[0];
  const first = await leases();
  await gateway.until("renewed twice", async () => {
    const now = await leases();
    return (
      now && first && now.lease.getTime() - first.lease.getTime() > 2_000 && now.deadline > first.deadline
    );
  });
  await gateway.release("long");
  expect((await call).status).toBe(200);
  expect(await last()).toMatchObject({ outcome: "ok", basis: "reported" });
});

test("one Idempotency-Key 50 times at once: one hold, one call, one charge; each retry then gets the same answer", async () => {
  await gateway.settings({ hold: "once" });
  const before = (await gateway.requests()).length;
  const send = (change = {}) =>
    gateway.key.call("POST", "/v1/chat/completions", { body: body(change), idempotencyKey: "the same" });
  let refused = 0;
  const calls = Array.from({ length: 50 }, async () => {
    const answer = await send();
    if (answer.status === 409) refused += 1;
    return answer;
  });
  await gateway.until("one open upstream, the others refused", async () => {
    return refused === 49 && (await gateway.heldUpstream()) === 1;
  });
  await gateway.release("once");
  const answers = await Promise.all(calls);
  const first = answers.find(({ status }) => status === 200);
  for (const { status, body: told, headers } of answers.filter((each) => each !== first)) {
    expect([status, told.error]).toMatchObject([409, { code: "request_in_progress" }]);
    expect(headers.get("retry-after")).toBe("1");
  }
  const again = await Promise.all(Array.from({ length: 49 }, () => send()));
  for (const { status, text, headers } of again) {
    expect([status, text]).toEqual([200, first?.text]);
    expect(headers.get("x-request-id")).toBe(first?.headers.get("x-request-id"));
    expect(headers.get("x-holdfast-cost-micros")).toBe(first?.headers.get("x-holdfast-cost-micros"));
    expect(headers.get("idempotency-replayed")).toBe("true");
  }
  expect((await gateway.requests()).length).toBe(before + 1);
  const other = await send({ n: 1 });
  expect([other.status, other.body.error]).toMatchObject([400, { code: "idempotency_mismatch" }]);
});

test("a call that ended without cost may run again under its key", async () => {
  await gateway.fault("status", { params: { status: 500 } });
  const send = () =>
    gateway.key.call("POST", "/v1/chat/completions", { body: body(), idempotencyKey: "again" });
  expect((await send()).status).toBe(502);
  const answer = await send();
  expect(answer.status).toBe(200);
  expect((await send()).text).toBe(answer.text);
});

test("usage adds up to what the ledger took, by group, and in records", async () => {
  const usage = await gateway.app.owner.call<{
    data: { group: Record<string, string>; requests: number; cost_micros: number }[];
    totals: { requests: number; cost_micros: number };
  }>("GET", "/api/tokens/usage?group_by=model,outcome");
  expect(usage.status, usage.text).toBe(200);
  const requests = await gateway.requests();
  const taken = requests.reduce((sum, { cost_micros }) => sum + Number(cost_micros ?? 0), 0);
  expect(usage.body.totals).toMatchObject({ requests: requests.length, cost_micros: taken });
  expect(usage.body.data.reduce((sum, { cost_micros }) => sum + cost_micros, 0)).toBe(taken);
  const balance = await gateway.app.owner.call("GET", "/api/tokens/balance");
  const { settled_micros } = balance.body as { settled_micros: number };
  expect(balance.body).toMatchObject({
    held_micros: 0,
    held_count: 0,
    grants: [{ source: "gift", remaining_micros: settled_micros }],
  });
  expect(100_000_000_000 - settled_micros).toBe(taken);
  const ids: unknown[] = [];
  for (let cursor = ""; ;) {
    const page = await gateway.app.owner.call<{ data: { request_id: string }[]; next_cursor: string | null }>(
      "GET",
      `/api/tokens/usage/records?limit=3${cursor && `&cursor=${cursor}`}`,
    );
    ids.push(...page.body.data.map(({ request_id }) => request_id));
    if (page.body.next_cursor === null) break;
    cursor = page.body.next_cursor;
  }
  expect(ids.length).toBe(requests.length);
  expect(new Set(ids).size).toBe(ids.length);
  const stranger = await (
    await gateway.app.neighbour()
  ).call<{ data: unknown[] }>("GET", "/api/tokens/usage/records");
  expect(stranger.body.data).toEqual([]);
});
