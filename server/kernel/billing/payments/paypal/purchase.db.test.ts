import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { backfill } from "../../../../../test/harness/backfill.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import {
  createPaypalBuyer,
  signForPaypal,
  type PaypalBuyer,
  type Signature,
} from "../../../../../test/harness/paypal.ts";
import { withCrc } from "../../../../../sandbox/paypal/webhooks/forge.ts";

let t: TestApp;
let buyer: PaypalBuyer;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const CREDITS = 1_000_000_000n;
const clearing = "clearing:paypal_default usd";

async function sums(): Promise<Record<string, bigint>> {
  const rows = await t.sql<{ key: string; sum: string }>(
    "select account || ' ' || unit as key, sum(amount)::text as sum from ledger.entries group by 1",
  );
  return Object.fromEntries(rows.map(({ key, sum }) => [key, BigInt(sum)]));
}
async function moved(act: () => Promise<unknown>): Promise<Record<string, bigint>> {
  const before = await sums();
  await act();
  const after = await sums();
  const keys = Object.keys(after).filter((key) => after[key] !== (before[key] ?? 0n));
  return Object.fromEntries(keys.map((key) => [key, (after[key] ?? 0n) - (before[key] ?? 0n)]));
}
const idle = () =>
  expect
    .poll(
      () =>
        t.sql(
          "select type, error_code from webhooks.events where state in ('received', 'processing', 'waiting_retry')",
        ),
      { timeout: 20_000 },
    )
    .toEqual([]);
const drop = () => buyer.fault({ on: "webhook", fault: "drop" });
const order = (id: string) => buyer.api("GET", `/v2/checkout/orders/${id}`);
const captures = async (id: string) => {
  const [unit] = (await order(id)).purchase_units as { payments?: { captures?: Json[] } }[];
  return unit?.payments?.captures ?? [];
};
const checkout = async (id: string) => (await t.anonymous.call("GET", `/checkout/session/${id}`)).body;
/** Our open state is believed for two seconds. */
const grow = (id: string) =>
  t.sql("update billing.payments set as_of = as_of - interval '1 minute' where id = $1", [id]);

async function deliver(event: Json, signature: Signature = {}): Promise<{ status: number; body: Json }> {
  const bytes = Buffer.from(JSON.stringify(event));
  return deliverBytes(bytes, signature);
}
async function deliverBytes(body: Buffer, signature: Signature = {}) {
  const headers = await signForPaypal(t, body, signature);
  return t.anonymous.call("POST", "/webhooks/paypal", { body, headers });
}
const eventId = () => `WH-${randomUUID().toUpperCase()}`;
const bought = async () => {
  const one = await buyer.buy();
  await buyer.approve(one.url);
  return { ...one, row: await buyer.until(one.payment_id, { status: "succeeded" }) };
};

test("approved, captured by us, told, delivered once: cash, fee and credits", async () => {
  const all = await moved(async () => {
    const { payment_id, session_id, row } = await bought();
    expect(row).toMatchObject({ provider: "paypal", amount_minor: 1000, fee_minor: 84, session_id });
    expect(await captures(session_id)).toMatchObject([{ id: row.charge_id, custom_id: payment_id }]);
    await idle();
  });
  expect(all).toEqual({
    [clearing]: 1000n - 84n,
    "revenue usd": -1000n,
    "fees usd": 84n,
    "wallet credit": CREDITS,
    "issued credit": -CREDITS,
  });
});

test("every event lost: the buyer's return captures, and says so to whoever holds the order or our id", async () => {
  const one = await buyer.buy();
  await drop();
  expect(await checkout(one.session_id)).toMatchObject({ status: "open", amount_minor: 1000 });
  const back = new URL(await buyer.approve(one.url));
  expect(back.pathname).toBe("/credits/return");
  expect(back.searchParams.get("session_id")).toBe(one.payment_id);
  await grow(one.payment_id);
  expect(await checkout(String(back.searchParams.get("token")))).toMatchObject({ status: "paid" });
  expect(await checkout(one.payment_id)).toMatchObject({ status: "paid", purpose: "credits" });
  expect(await captures(one.session_id)).toHaveLength(1);
  expect(Number((await backfill(t, "paypal_default")).new)).toBeGreaterThanOrEqual(3);
  await idle();
});

test("return and webhook race: one capture, one posting", async () => {
  const all = await moved(async () => {
    const one = await buyer.buy();
    await grow(one.payment_id);
    const url = await buyer.approve(one.url);
    expect(url).toContain(one.session_id);
    await Promise.all(Array.from({ length: 8 }, () => checkout(one.session_id)));
    await buyer.until(one.payment_id, { status: "succeeded" });
    await idle();
    expect(await captures(one.session_id)).toHaveLength(1);
  });
  expect(all).toMatchObject({ "revenue usd": -1000n, "wallet credit": CREDITS });
});

test("a capture whose answer is lost is asked again under the same key: one capture", async () => {
  const all = await moved(async () => {
    const one = await buyer.buy();
    const capture = { method: "POST", path: "*/capture" };
    await buyer.fault({ match: capture, fault: "reset", effect: "done", times: 2 });
    await buyer.approve(one.url);
    await buyer.until(one.payment_id, { status: "succeeded" });
    await idle();
    expect(await captures(one.session_id)).toHaveLength(1);
  });
  expect(all).toMatchObject({ "revenue usd": -1000n, "wallet credit": CREDITS });
});

test("a declined buyer chooses another way to pay on the same order; the next capture has a key of its own", async () => {
  const one = await buyer.buy();
  await buyer.approve(one.url, "declined@sandbox.test");
  await buyer.until(one.payment_id, {
    status: "requires_payment_method",
    failure_code: "INSTRUMENT_DECLINED",
  });
  expect(await t.sql("select attempt from billing.payments where id = $1", [one.payment_id])).toEqual([
    { attempt: 2 },
  ]);
  await buyer.approve(one.url);
  await buyer.until(one.payment_id, { status: "succeeded", failure_code: null });
  expect(await captures(one.session_id)).toHaveLength(1);
});

test("refunds made at PayPal take the credits back in step; its fee stays with it", async () => {
  const { payment_id, row } = await bought();
  await idle();
  const refund = (value: string) =>
    buyer.api("POST", `/v2/payments/captures/${String(row.charge_id)}/refund`, {
      amount: { currency_code: "USD", value },
    });
  const all = await moved(async () => {
    await refund("2.50");
    await buyer.until(payment_id, { refunded_minor: 250, status: "partially_refunded" });
    await refund("7.50");
    await buyer.until(payment_id, { refunded_minor: 1000, status: "refunded", refundable_minor: 0 });
    await idle();
  });
  expect(all).toEqual({
    [clearing]: -1000n,
    "refunds usd": 1000n,
    "wallet credit": -CREDITS,
    "clawback credit": CREDITS,
  });
});

test("a validly signed body of the same CRC32 posts only what PayPal answers", async () => {
  const one = await buyer.buy();
  await drop();
  await buyer.approve(one.url);
  const told = {
    id: eventId(),
    event_type: "PAYMENT.CAPTURE.COMPLETED",
    create_time: new Date().toISOString(),
  };
  const resource = { id: "1AB23456CD789012E", custom_id: one.payment_id, status: "COMPLETED" };
  const amount = (value: string) => ({ amount: { currency_code: "USD", value } });
  const genuine = Buffer.from(JSON.stringify({ ...told, resource: { ...resource, ...amount("10.00") } }));
  const changed = JSON.stringify({ ...told, resource: { ...resource, ...amount("99999.00") } });
  const forged = Buffer.from(withCrc(changed, crc32(genuine)));
  expect(crc32(forged)).toBe(crc32(genuine));
  const all = await moved(async () => {
    expect((await deliverBytes(forged, { crc: crc32(genuine) })).status).toBe(200);
    await buyer.until(one.payment_id, { status: "succeeded", amount_minor: 1000 });
    await idle();
  });
  expect(all).toMatchObject({ "revenue usd": -1000n, "wallet credit": CREDITS });
});

test("a forged event about an order that nobody approved moves nothing", async () => {
  const one = await buyer.buy();
  const nothing = await moved(async () => {
    const resource = { id: one.session_id, purchase_units: [{ custom_id: one.payment_id }] };
    const event = { event_type: "CHECKOUT.ORDER.COMPLETED", create_time: new Date().toISOString(), resource };
    expect((await deliver({ id: eventId(), ...event })).status).toBe(200);
    await idle();
  });
  expect(nothing).toEqual({});
  expect(await buyer.payment(one.payment_id)).toMatchObject({ status: "requires_payment_method" });
});

test("what others sell on the same account is ignored", async () => {
  const nothing = await moved(async () => {
    const other = await buyer.api("POST", "/v2/checkout/orders", {
      intent: "CAPTURE",
      purchase_units: [{ amount: { currency_code: "USD", value: "20.00" } }],
    });
    const link = (other.links as Json[]).find(({ rel }) => rel === "approve");
    const page = await fetch(String(link?.href), {
      method: "POST",
      body: new URLSearchParams({ buyer: "approve@sandbox.test" }),
      headers: { accept: "application/json" },
    });
    expect(page.status).toBe(200);
    await expect
      .poll(() => t.sql("select state, error_code from webhooks.events where root = $1", [other.id]), {
        timeout: 10_000,
      })
      .toEqual([{ state: "ignored", error_code: "not_ours" }]);
  });
  expect(nothing).toEqual({});
});

test("an order of another amount than was sold is not captured", async () => {
  const one = await createPaypalBuyer(t, await t.member("owner")).buy();
  await t.sql("update billing.payments set amount_minor = 999 where id = $1", [one.payment_id]);
  await buyer.approve(one.url);
  await expect
    .poll(() => t.sql("select state, error_code from webhooks.events where root = $1", [one.payment_id]))
    .toEqual([{ state: "dead", error_code: "amount_mismatch" }]);
  await grow(one.payment_id);
  expect(await checkout(one.session_id)).toMatchObject({ status: "open" });
  expect(await captures(one.session_id)).toEqual([]);
});

test("400 with one text for what is not genuine, whatever is wrong with it", async () => {
  const event = {
    id: eventId(),
    event_type: "CHECKOUT.ORDER.APPROVED",
    create_time: new Date().toISOString(),
  };
  const bytes = Buffer.from(JSON.stringify({ ...event, resource: { id: "5O190127TN364715T" } }));
  const good = await signForPaypal(t, bytes);
  const host = new URL(t.sandbox.url).host;
  const at = Date.now();
  for (const headers of [
    {},
    { ...good, "paypal-transmission-sig": good["paypal-transmission-sig"]?.replace(/^./, "/") ?? "" },
    { ...good, "paypal-auth-algo": "SHA1withRSA" },
    await signForPaypal(t, bytes, { certUrl: "https://evil.example/v1/notifications/certs/CERT-1" }),
    await signForPaypal(t, bytes, { certUrl: `https://${host}/v1/notifications/certs/CERT-unknown` }),
    await signForPaypal(t, bytes, { at: at + 301_000 }),
    await signForPaypal(t, bytes, { at: at - 76 * 3_600_000 }),
    // Old, genuine in form, of an event that PayPal does not know.
    await signForPaypal(t, bytes, { at: at - 3_600_000 }),
  ]) {
    const answer = await t.anonymous.call("POST", "/webhooks/paypal", { body: bytes, headers });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_signature"]);
  }
  // An old genuine signature with another body.
  const changed = Buffer.from(bytes.toString().replace("APPROVED", "VOIDED"));
  const old = await t.anonymous.call("POST", "/webhooks/paypal", { body: changed, headers: good });
  expect(old.body.code).toBe("invalid_signature");
  expect(await t.sql("select id from webhooks.events where provider_event_id = $1", [event.id])).toEqual([]);
});

test("a transmission id belongs to one body: the same again is a duplicate, another is refused", async () => {
  const transmissionId = randomUUID();
  const event = {
    id: eventId(),
    event_type: "CUSTOMER.ACCOUNT.UPDATED",
    create_time: new Date().toISOString(),
  };
  const told = Buffer.from(JSON.stringify({ ...event, resource: { id: "ACCOUNT1" } }));
  const other = withCrc(JSON.stringify({ ...event, resource: { id: "ACCOUNT2" } }), crc32(told));
  const at = Date.now();
  expect((await deliverBytes(told, { transmissionId, at })).status).toBe(200);
  expect((await deliverBytes(told, { transmissionId, at })).status).toBe(200);
  const refused = await deliverBytes(Buffer.from(other), { transmissionId, at });
  expect([refused.status, refused.body.code]).toEqual([400, "invalid_signature"]);
  const kept = await t.sql("select object_id from webhooks.events where provider_event_id = $1", [event.id]);
  expect(kept).toEqual([{ object_id: "ACCOUNT1" }]);
});

test.each([
  ["expired", "cert_expired"],
  ["foreign", "cert_foreign"],
  ["wrong_host", "cert_url_host"],
  ["wrong_name", "cert_name"],
  ["redirect", "cert_not_there"],
  ["huge", "cert_too_long"],
])("PayPal's delivery under a certificate that is %s is refused: %s", async (kind, fault) => {
  const seen = () => t.lines.filter((line) => line.includes(`"signature_fault":"${fault}"`)).length;
  const before = seen();
  await buyer.fault({ on: "webhook", fault: "bad_cert", params: { kind }, times: 1 });
  await buyer.api("POST", "/v1/notifications/simulate-event", {
    webhook_id: t.credentials.paypal.webhook_id,
    event_type: "PAYMENT.CAPTURE.COMPLETED",
  });
  await expect.poll(seen, { timeout: 10_000 }).toBe(before + 1);
});
