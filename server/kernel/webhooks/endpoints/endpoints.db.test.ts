import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";

let t: TestApp;
let aheadMs = 0;
const now = () => Date.now() + aheadMs;
beforeAll(async () => {
  t = await startTestApp({ clock: { now: () => new Date(now()) } });
});
afterAll(() => t.close());

const BASE = "/api/admin/webhook-endpoints";

let made = 0;
const secretNamed = (name: string) => `whsec_a_secret_named_${name}`;

async function create(more: Json = {}): Promise<{ id: string; url: string }> {
  const body = { source: "stripe", account_id: "acct_other", ...more };
  const answer = await t.owner.call<{ id: string; url: string }>("POST", BASE, { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

const addSecret = (id: string, secret: string, more: Json = {}) =>
  t.owner.call<{ id: string; code: string }>("POST", `${BASE}/${id}/secrets`, { body: { secret, ...more } });

function send(
  path: string,
  secret: string,
  { id = `evt_endpoint_${(made += 1)}`, type = "plan.created" }: { id?: string; type?: string } = {},
) {
  const body = JSON.stringify({
    id,
    type,
    created: 1_900_000_000,
    livemode: false,
    data: { object: { id: "plan_1" } },
  });
  const seconds = Math.floor(now() / 1000);
  const v1 = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return t.anonymous.call("POST", path, {
    body,
    idempotencyKey: null,
    headers: { "stripe-signature": `t=${seconds},v1=${v1}` },
  });
}

test("a further endpoint takes what its own secret signs; 404 for one that is unknown, off or removed", async () => {
  const { id, url } = await create();
  const path = `/webhooks/stripe/${id}`;
  expect(url).toBe(`${t.url}${path}`);
  expect((await addSecret(id, secretNamed("one"))).status).toBe(201);
  await expect.poll(async () => (await send(path, secretNamed("one"))).status).toBe(200);
  expect((await send(path, t.credentials.stripe.webhook_secret)).status).toBe(400);
  expect((await send("/webhooks/stripe", secretNamed("one"))).status).toBe(400);
  const shown = await t.owner.call<{ data: Json[] }>("GET", BASE);
  const row = shown.body.data.find((each) => each.id === id);
  expect(row).toMatchObject({ account_id: "acct_other", is_default: false, secrets: [{ hint: "_one" }] });
  expect(row?.last_event_at).not.toBeNull();
  expect((await send(`/webhooks/resend/${id}`, secretNamed("one"))).status).toBe(404);
  await t.owner.call("PATCH", `${BASE}/${id}`, { body: { enabled: false } });
  await expect.poll(async () => (await send(path, secretNamed("one"))).status).toBe(404);
  expect((await t.owner.call("DELETE", `${BASE}/${id}`)).status).toBe(204);
  expect((await t.owner.call("DELETE", `${BASE}/${id}`)).status).toBe(404);
  expect((await send(`/webhooks/stripe/whe_${"0".repeat(32)}`, secretNamed("one"))).status).toBe(404);
});

test("what another account of the company tells is kept, and not acted upon", async () => {
  const { id } = await create();
  await addSecret(id, secretNamed("elsewhere"));
  const event = { id: "evt_elsewhere", type: "charge.failed" };
  const path = `/webhooks/stripe/${id}`;
  await expect.poll(async () => (await send(path, secretNamed("elsewhere"), event)).status).toBe(200);
  await expect
    .poll(
      () => t.sql("select state, error_code from webhooks.events where provider_event_id = $1", [event.id]),
      { timeout: 15_000 },
    )
    .toEqual([{ state: "ignored", error_code: "other_account" }]);
});

test("two secrets during a roll: both verify, after it only the new one", async () => {
  const { id } = await create();
  const path = `/webhooks/stripe/${id}`;
  await addSecret(id, secretNamed("old"));
  const soon = new Date(now() + 60_000).toISOString();
  expect((await addSecret(id, secretNamed("new"), { others_end_at: soon })).status).toBe(201);
  await expect.poll(async () => (await send(path, secretNamed("new"))).status).toBe(200);
  expect((await send(path, secretNamed("old"))).status).toBe(200);
  aheadMs += 60_000;
  await expect.poll(async () => (await send(path, secretNamed("old"))).status).toBe(400);
  expect((await send(path, secretNamed("new"))).status).toBe(200);
});

test("five secrets at most, the last one stays, none twice; no row shows one", async () => {
  const { id } = await create();
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.push((await addSecret(id, secretNamed(`${i}`))).body.id);
  const sixth = await addSecret(id, secretNamed("six"));
  expect([sixth.status, sixth.body.code]).toEqual([409, "too_many_secrets"]);
  const remove = (secret: string) => t.owner.call("DELETE", `${BASE}/${id}/secrets/${secret}`);
  for (const secret of ids.slice(1)) expect((await remove(secret)).status).toBe(204);
  const last = await remove(ids[0] ?? "");
  expect([last.status, last.body.code]).toEqual([409, "last_secret"]);
  expect((await remove(ids[1] ?? "")).status).toBe(404);
  const again = await addSecret(id, secretNamed("0"));
  expect([again.status, again.body.code]).toEqual([409, "secret_known"]);
  const past = new Date(now() - 1_000).toISOString();
  expect((await addSecret(id, secretNamed("past"), { ends_at: past })).status).toBe(422);
  const rows = await t.sql<{ sealed: Buffer | null }>(
    "select sealed from webhooks.secrets where endpoint_id = $1",
    [id],
  );
  expect(rows).toHaveLength(5);
  for (const { sealed } of rows) expect(sealed?.includes("whsec_") ?? false).toBe(false);
});

test("429 with Retry-After past the cap that an operator set, for verified events too", async () => {
  const { id } = await create({ cap_per_minute: 3 });
  const path = `/webhooks/stripe/${id}`;
  await addSecret(id, secretNamed("capped"));
  await expect.poll(async () => (await send(path, secretNamed("capped"))).status).toBe(200);
  const statuses: number[] = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await send(path, secretNamed("capped"))).status);
  expect(statuses).toEqual([200, 200, 429, 429]);
  const refused = await send(path, secretNamed("capped"));
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("what an operator removed does not come back with configuration", async () => {
  const { body } = await t.owner.call<{ data: { id: string; source: string; secrets: { id: string }[] }[] }>(
    "GET",
    BASE,
  );
  const resend = body.data.find((row) => row.source === "resend");
  const [configured] = resend?.secrets ?? [];
  expect(configured).toMatchObject({ from_config: true });
  await addSecret(resend?.id ?? "", "whsec_b3RoZXIgc2VjcmV0IG9mIG1haWw=");
  await t.owner.call("DELETE", `${BASE}/${resend?.id}/secrets/${configured?.id}`);
  await t.startAnother();
  const { body: after } = await t.owner.call<typeof body>("GET", BASE);
  const left = after.data.find((row) => row.source === "resend")?.secrets ?? [];
  expect(left.map((secret) => secret.id)).not.toContain(configured?.id);
  expect(left).toHaveLength(1);
  const removed = await t.owner.call("DELETE", `${BASE}/${resend?.id}`);
  expect([removed.status, removed.body.code]).toEqual([409, "default_endpoint"]);
});

test("an endpoint made at the company takes its events, and copies of what the default one has are ignored", async () => {
  const [{ account_id: account } = { account_id: "" }] = await t.sql<{ account_id: string }>(
    "select account_id from webhooks.endpoints where source = 'stripe' and is_default",
  );
  const endpoint = await create({ account_id: account, create_remote: true });
  const buyer = createBuyer(t);
  const { payment_id: id, url } = await buyer.buy();
  await buyer.pay(url);
  await buyer.until(id, { status: "succeeded" });
  const states = () =>
    t.sql<{ provider_event_id: string; copies: number; originals: number }>(
      `select provider_event_id, count(*) filter (where state = 'ignored' and error_code = 'copy')::int as copies,
         count(*) filter (where state = 'processed')::int as originals
       from webhooks.events where type = 'charge.succeeded' group by 1`,
    );
  await expect
    .poll(states, { timeout: 15_000 })
    .toEqual([expect.objectContaining({ copies: 1, originals: 1 })]);
  expect((await t.owner.call("DELETE", `${BASE}/${endpoint.id}`)).status).toBe(204);
  const refused = await t.owner.call("POST", BASE, {
    body: { source: "stripe", account_id: "acct_unknown", create_remote: true },
  });
  expect([refused.status, refused.body.code]).toEqual([422, "remote_unsupported"]);
  const unknown = await t.owner.call("POST", BASE, { body: { source: "nobody", account_id: "a" } });
  expect(unknown.status).toBe(404);
});
