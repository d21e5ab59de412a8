import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import type { Client, Json } from "../../../test/harness/client.ts";

let t: TestApp;
let viewer: Client;

beforeAll(async () => {
  t = await startTestApp();
  viewer = await t.member("viewer");
});
afterAll(() => t.close());

let made = 0;
const event = (more: Json = {}) => {
  made += 1;
  const id = `evt_route_${made}`;
  return JSON.stringify({
    id,
    type: "plan.created",
    created: 1_900_000_000,
    livemode: false,
    data: { object: { id } },
    ...more,
  });
};

function sign(body: string, secret = t.credentials.stripe.webhook_secret): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

const post = (body: string, signature: string | null = sign(body)) =>
  t.anonymous.call("POST", "/webhooks/stripe", {
    body,
    idempotencyKey: null,
    headers: signature === null ? {} : { "stripe-signature": signature },
  });
const rows = (id: string) => t.sql("select id from webhooks.events where provider_event_id = $1", [id]);

test("200 for a signed event and for each copy of it; it is there once", async () => {
  const body = event({ id: "evt_copies" });
  for (let i = 0; i < 3; i += 1) {
    const { status, body: answer } = await post(body);
    expect([status, answer]).toEqual([200, { received: true }]);
  }
  expect(await rows("evt_copies")).toHaveLength(1);
});

test.each(["", "garbage", "text/plain", "application/json; charset=utf-16"])(
  "200 for a signed event that is called %j: its bytes are what was signed",
  async (type) => {
    const body = event();
    const headers = { "stripe-signature": sign(body), "content-type": type };
    const { status, text } = await t.anonymous.call("POST", "/webhooks/stripe", { body, headers });
    expect(status, text).toBe(200);
  },
);

test("400, in one text, for every fault of the signature; nothing is stored; 429 past 60 a minute", async () => {
  const body = event({ id: "evt_forged" });
  const faults = [null, "", "t=1,v1=00", sign(body, "whsec_other"), sign(`${body} `)];
  const texts = new Set<string>();
  for (const signature of faults) {
    const { status, body: problem } = await post(body, signature);
    expect(status).toBe(400);
    texts.add(JSON.stringify([problem.code, problem.title, problem.detail]));
  }
  expect([...texts]).toEqual([
    JSON.stringify(["invalid_signature", "The signature could not be verified", undefined]),
  ]);
  expect(await rows("evt_forged")).toHaveLength(0);
  const statuses = await Promise.all(Array.from({ length: 70 }, async () => (await post(body, null)).status));
  expect(statuses.filter((status) => status === 400)).toHaveLength(60 - faults.length);
  const refused = await post(body, null);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await post(event())).status).toBe(200);
});

test("413 over 5 MiB; just under is taken", async () => {
  const padded = (bytes: number) => event({ padding: "x".repeat(bytes) });
  expect((await post(padded(5 * 1024 * 1024))).status).toBe(413);
  expect((await post(padded(5 * 1024 * 1024 - 1_000))).status).toBe(200);
});

test("404 for a company that we do not know, and for an endpoint that is switched off", async () => {
  expect((await t.anonymous.call("POST", "/webhooks/nobody", { body: "{}" })).status).toBe(404);
  const { body } = await t.owner.call<{ data: { id: string }[] }>("GET", "/api/admin/webhook-endpoints");
  const path = `/api/admin/webhook-endpoints/${body.data[0]?.id}`;
  const off = await t.owner.call("PATCH", path, { body: { enabled: false } });
  expect(off.body).toMatchObject({ enabled: false, url: `${t.url}/webhooks/stripe` });
  await expect.poll(async () => (await post(event())).status).toBe(404);
  await t.owner.call("PATCH", path, { body: { enabled: true, max_attempts: 2 } });
  await expect.poll(async () => (await post(event())).status).toBe(200);
  expect((await t.owner.call("PATCH", path, { body: { max_attempts: 78 } })).status).toBe(422);
});

test("an operator reads events, their bytes and counts, and replays; nobody else does", async () => {
  const text = event({ id: "evt_read" });
  await post(text);
  const list = async () =>
    (
      await t.owner.call<{ data: Json[] }>("GET", "/api/admin/events?type=plan.created&limit=100")
    ).body.data.find((row) => row.provider_event_id === "evt_read");
  await expect.poll(async () => (await list())?.state).toBe("ignored");
  const id = String((await list())?.id);
  const detail = await t.owner.call("GET", `/api/admin/events/${id}`);
  expect(detail.body).toMatchObject({ error_code: "unhandled_type", replays: 0, timeline: [{ id }] });
  const payload = await t.owner.call("GET", `/api/admin/events/${id}/payload`);
  expect([payload.text, payload.headers.get("content-disposition")]).toEqual([
    text,
    `attachment; filename="${id}.json"`,
  ]);
  expect(
    (await t.owner.call("POST", `/api/admin/events/${id}/replay`, { idempotencyKey: null })).status,
  ).toBe(400);
  const replayed = await t.owner.call("POST", `/api/admin/events/${id}/replay`);
  expect([replayed.status, replayed.body]).toMatchObject([202, { event: { replays: 1 }, diff: null }]);
  const rehearsed = await t.owner.call("POST", `/api/admin/events/${id}/replay`, {
    body: { dry_run: true },
    idempotencyKey: null,
  });
  expect([rehearsed.status, rehearsed.body]).toMatchObject([
    200,
    { diff: { result: "ignored", code: "unhandled_type" } },
  ]);
  expect((await t.owner.call("GET", "/api/admin/events/counts")).status).toBe(200);
  expect((await t.owner.call("GET", "/api/admin/dead-letters")).body.data).toEqual([]);
  expect((await t.owner.call("GET", "/api/admin/events?state=lost")).status).toBe(400);
  for (const path of ["", `/${id}`, `/${id}/payload`, "/counts"]) {
    expect((await viewer.call("GET", `/api/admin/events${path}`)).status).toBe(403);
    expect((await t.anonymous.call("GET", `/api/admin/events${path}`)).status).toBe(401);
  }
  expect((await viewer.call("POST", `/api/admin/events/${id}/replay`)).status).toBe(403);
});

test("metrics name handled types only", async () => {
  await post(event({ type: "somebody.elses_words" }));
  await expect
    .poll(async () => (await t.anonymous.call("GET", "/metrics")).text)
    .toMatch(/holdfast_webhook_process_seconds_count\{type="other",result="ignored"\} [1-9]/);
  const { text } = await t.anonymous.call("GET", "/metrics");
  expect(text).not.toContain("somebody");
  expect(text).toMatch(/holdfast_webhooks_total\{source="stripe",outcome="stored"\} [1-9]/);
  expect(text).toContain('holdfast_webhook_events{state="dead"} 0');
});

test("hours of the inbox: silent ones too, what is dead, and how long the slowest waited", async () => {
  const add = (id: string, state: string, age: string, took: string | null) =>
    t.sql(
      `insert into webhooks.events (id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state,
         provider_created_at, received_at, queued_at, next_attempt_at, finished_at)
       select 'evt_' || md5($1), 'hours', id, $1, 'plan.created', $1, $1, 'delivery', $2, now(), at, at, now(), at + $4::interval
       from webhooks.endpoints, (select date_trunc('hour', now(), 'UTC') - $3::interval as at) as times limit 1`,
      [id, state, age, took],
    );
  await add("h1", "processed", "3 hours", "2 seconds");
  await add("h2", "dead", "3 hours", "6 seconds");
  await add("h3", "received", "4 hours", null);
  const operator = await t.signIn();
  const { status, body } = await operator.call<{ data: Json[] }>(
    "GET",
    "/api/admin/events/hours?hours_back=6",
  );
  expect(status).toBe(200);
  expect(body.data).toHaveLength(6);
  expect(body.data[2]).toMatchObject({ received: 2, dead: 1, median_wait_ms: 4_000, longest_wait_ms: 6_000 });
  // It waits still, and longer with every moment.
  expect(body.data[1]).toMatchObject({ received: 1, dead: 0 });
  expect(Number(body.data[1]?.["longest_wait_ms"])).toBeGreaterThanOrEqual(4 * 3_600_000);
  expect(body.data[0]).toMatchObject({ received: 0, median_wait_ms: null, longest_wait_ms: null });
  expect((await operator.call("GET", "/api/admin/events/hours?hours_back=169")).status).toBe(400);
});
