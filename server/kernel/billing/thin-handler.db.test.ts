/** Thin events alone carry a purchase and its refund through; beside snapshots nothing is done twice. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../test/harness/buyer.ts";
import type { Json } from "../../../test/harness/client.ts";

const SOON = { timeout: 10_000, interval: 50 };
let t: TestApp;
let buyer: Buyer;
let secret: string;

beforeAll(async () => {
  t = await startTestApp();
  buyer = createBuyer(t);
  const endpoints = await t.owner.call<{ data: Json[] }>("GET", "/api/admin/webhook-endpoints");
  const endpoint = endpoints.body.data.find(({ source }) => source === "stripe");
  const made = await company("/v2/core/event_destinations", {
    name: "Thin",
    type: "webhook_endpoint",
    event_payload: "thin",
    enabled_events: ["*"],
    webhook_endpoint: { url: `${t.url}/webhooks/stripe` },
    include: ["webhook_endpoint.signing_secret"],
  });
  secret = String((made.webhook_endpoint as Json).signing_secret);
  const added = await t.owner.call("POST", `/api/admin/webhook-endpoints/${String(endpoint?.id)}/secrets`, {
    body: { secret },
  });
  if (added.status !== 201) throw new Error(`no secret: ${added.text}`);
});
afterAll(() => t.close());

async function company(path: string, body: Json | null, method = "POST"): Promise<Json> {
  const { api_key: key, base_url: base } = t.credentials.stripe;
  const answer = await fetch(`${base}${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: {
      authorization: `Bearer ${key}`,
      "stripe-version": "2026-10-28.endive",
      ...(body ? { "content-type": "application/json" } : {}),
    },
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as Json;
}

/** A thin event of our own making, signed. */
async function send(id: string, related: Json | null): Promise<void> {
  const body = JSON.stringify({
    id,
    object: "v2.core.event",
    type: "v1.charge.succeeded",
    created: new Date().toISOString(),
    livemode: false,
    related_object: related,
  });
  const seconds = Math.floor(Date.now() / 1000);
  const v1 = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  const answer = await t.anonymous.call("POST", "/webhooks/stripe", {
    body,
    idempotencyKey: null,
    headers: { "stripe-signature": `t=${seconds},v1=${v1}` },
  });
  expect(answer.status, answer.text).toBe(200);
}

const events = (where: string) =>
  t.sql<{ state: string; error_code: string | null; type: string }>(
    `select state, error_code, type from webhooks.events where ${where}`,
  );
const finished = () =>
  expect.poll(() => events("state in ('received', 'waiting_retry', 'processing')"), SOON).toEqual([]);
const credited = async (id: string) => {
  const [row] = await t.sql<{ n: number }>(
    `select count(*)::int as n from ledger.transactions where reference = '${id}:credits'`,
  );
  return row?.n;
};

test("beside its snapshot a thin event does nothing twice", async () => {
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
  await expect
    .poll(() => events("type = 'v1.charge.succeeded' and state = 'processed'"), SOON)
    .toHaveLength(1);
  await finished();
  expect(await credited(bought.payment_id)).toBe(1);
  expect(await events("state = 'dead'")).toEqual([]);
});

test("thin events alone pay, refund and end a purchase", async () => {
  const listed = await company("/v1/webhook_endpoints", null, "GET");
  for (const { id } of listed.data as { id: string }[])
    await company(`/v1/webhook_endpoints/${id}`, null, "DELETE");
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  const paid = await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
  expect(await credited(bought.payment_id)).toBe(1);
  await buyer.stripe("/refunds", { charge: String(paid.charge_id) });
  await buyer.until(bought.payment_id, { status: "refunded" });
  await finished();
  const kinds = await events(`received_at > now() - interval '1 minute' and state = 'processed'`);
  expect(kinds.map(({ type }) => type)).toEqual(expect.arrayContaining(["v1.charge.refunded"]));
});

test("an object that is gone is ignored; an address outside the API is dead and never asked", async () => {
  await send("evt_test_gone", { id: "ch_gone", type: "charge", url: "/v1/charges/ch_gone" });
  await expect
    .poll(() => events("provider_event_id = 'evt_test_gone'"), SOON)
    .toMatchObject([{ state: "ignored", error_code: "object_gone" }]);
  await send("evt_test_path", { id: "ch_1", type: "charge", url: "/v1/../_sandbox/faults" });
  await expect
    .poll(() => events("provider_event_id = 'evt_test_path'"), SOON)
    .toMatchObject([{ state: "dead", error_code: "unreadable" }]);
});
