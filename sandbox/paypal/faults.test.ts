/** What can go wrong on purpose: forged bodies, bad certificates, lost and doubled deliveries, mocked errors. */
import { X509Certificate } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { startListener, type Heard, type Listener } from "../stripe/harness.ts";
import {
  fetchCertificate,
  isSigned,
  newPayPalWorld,
  pay,
  usd,
  type Json,
  type PayPalWorld,
} from "./harness.ts";
import { withCrc } from "./webhooks/forge.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
let listener: Listener;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  listener = await startListener();
  world = await newPayPalWorld(sandbox, { webhook_base: listener.base });
});
afterEach(() => listener.close());

const CAPTURED = "PAYMENT.CAPTURE.COMPLETED";
const onWebhook = (fault: string, params: Json = {}) =>
  world.fault({ on: "webhook", fault, match: { event: CAPTURED }, params });
const captureHeard = (heard: readonly Heard[]): Heard[] =>
  heard.filter(({ body }) => body.includes(CAPTURED));
/** The one delivery of the capture, of a purchase that makes `count` deliveries. */
async function heardCapture(count = 3): Promise<{ capture: Json; heard: Heard }> {
  const capture = await pay(world);
  const [heard] = captureHeard(await listener.until(count));
  if (heard === undefined) throw new Error("no capture was told");
  return { capture, heard };
}
const certUrl = ({ headers }: Heard): string => String(headers["paypal-cert-url"]);

describe("forge_crc", () => {
  it("another amount, the same checksum: the signature holds, the fetched resource tells the truth", async () => {
    await onWebhook("forge_crc");
    const { capture, heard } = await heardCapture();
    const event = JSON.parse(heard.body.toString()) as { id: string; resource: Json };
    expect(event.resource["amount"]).toEqual(usd("920.00"));
    expect(isSigned(world, heard, await fetchCertificate(world, certUrl(heard)))).toBe(true);
    const listed = await world.call("GET", `/v1/notifications/webhooks-events/${event.id}`);
    expect(crc32(JSON.stringify(listed.body))).toBe(crc32(heard.body));
    expect(listed.body["resource"]).toMatchObject({ amount: usd("20.00") });
    const fetched = await world.call("GET", `/v2/payments/captures/${String(capture["id"])}`);
    expect(fetched.body["amount"]).toEqual(usd("20.00"));
  });

  it("a filler is found for any object and any checksum", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.nat(0xffff_ffff),
        (object, crc) => {
          const made = withCrc(JSON.stringify(object), crc);
          expect(crc32(made)).toBe(crc);
          expect(Object.keys(JSON.parse(made) as Json)).toContain("filler");
        },
      ),
    );
  });
});

describe("bad_cert", () => {
  const certificates = (text: string): X509Certificate[] =>
    (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
  async function served(kind: string): Promise<{ url: URL; chain: X509Certificate[]; signed: boolean }> {
    await onWebhook("bad_cert", { kind });
    const { heard } = await heardCapture();
    const pem = await fetchCertificate(world, certUrl(heard));
    return { url: new URL(certUrl(heard)), chain: certificates(pem), signed: isSigned(world, heard, pem) };
  }

  it("expired: genuine but for its dates", async () => {
    const { url, chain, signed } = await served("expired");
    expect([url.host, signed]).toEqual([world.paypal.cert_hosts, true]);
    expect(chain[0]?.validToDate.getTime()).toBeLessThan(Date.now());
  });

  it("foreign: it signs what was sent, under PayPal's name, below a root that nobody trusts", async () => {
    const { chain, signed } = await served("foreign");
    const [leaf, between] = chain as [X509Certificate, X509Certificate];
    expect([signed, leaf.verify(between.publicKey)]).toEqual([true, true]);
    expect(leaf.checkHost("messageverificationcerts.paypal.com")).toBeDefined();
    expect(between.verify(new X509Certificate(world.paypal.cert_roots).publicKey)).toBe(false);
  });

  it("wrong_host: a genuine one at an address that is not on the list", async () => {
    const { url, signed } = await served("wrong_host");
    expect([url.hostname, url.host === world.paypal.cert_hosts, signed]).toEqual(["localhost", false, true]);
  });

  it("wrong_name: below the root, but not PayPal's", async () => {
    const { chain, signed } = await served("wrong_name");
    expect([signed, chain[0]?.checkHost("messageverificationcerts.paypal.com")]).toEqual([true, undefined]);
  });

  it("huge: more than anybody should read; redirect: elsewhere", async () => {
    await onWebhook("bad_cert", { kind: "huge" });
    const { heard } = await heardCapture();
    expect((await fetchCertificate(world, certUrl(heard))).length).toBeGreaterThan(64 * 1024);
    await onWebhook("bad_cert", { kind: "redirect" });
    await pay(world);
    const second = captureHeard(await listener.until(6))[1] as Heard;
    expect(await fetchCertificate(world, certUrl(second))).toBe("");
  });

  it("the host of the certificates goes down for one world alone", async () => {
    const { heard } = await heardCapture();
    const url = certUrl(heard);
    await world.fault({
      match: { path: "/v1/notifications/certs/*" },
      fault: "status",
      params: { status: 503 },
    });
    expect(await fetchCertificate(world, url)).not.toContain("CERTIFICATE-----");
    expect(await fetchCertificate(world, url)).toContain("CERTIFICATE-----");
    await world.fault({ match: { path: "/v1/notifications/certs/*" }, fault: "reset" });
    await expect(fetchCertificate(world, url)).rejects.toThrow();
    const other = await newPayPalWorld(sandbox, { webhook_base: `${listener.base}/2` });
    await world.fault({ match: { path: "/v1/notifications/certs/*" }, fault: "status" });
    await pay(other);
    const second = (await listener.until(6)).at(-1) as Heard;
    expect(await fetchCertificate(other, certUrl(second))).toContain("CERTIFICATE-----");
  });
});

describe("deliveries", () => {
  it("duplicate: the same transmission, byte for byte", async () => {
    await onWebhook("duplicate", { n: 2 });
    await pay(world);
    const copies = captureHeard(await listener.until(5));
    const text = copies.map(
      ({ headers, body }) => `${String(headers["paypal-transmission-sig"])}${body.toString()}`,
    );
    expect([copies.length, new Set(text).size]).toEqual([3, 1]);
  });

  it("drop: it comes with the next try; lost: never, but the event list has it", async () => {
    await onWebhook("drop");
    await pay(world);
    await world.advance("5s");
    expect(captureHeard(await listener.until(3))).toHaveLength(1);
    await onWebhook("drop", { lost: true });
    await pay(world);
    await world.advance("80h");
    expect(captureHeard(listener.heard)).toHaveLength(1);
    const list = await world.call("GET", `/v1/notifications/webhooks-events?event_type=${CAPTURED}`);
    expect(list.body["count"]).toBe(2);
  });

  it("reorder: later ones overtake", async () => {
    await world.fault({ on: "webhook", fault: "reorder", times: 30, params: { window_ms: 60_000 } });
    for (let n = 0; n < 5; n++) await pay(world, `${n + 1}.00`);
    await world.advance("2m");
    const order = captureHeard(await listener.until(15)).map(
      ({ body }) =>
        (JSON.parse(body.toString()) as { resource: { amount: { value: string } } }).resource.amount.value,
    );
    expect(order.toSorted()).toEqual(["1.00", "2.00", "3.00", "4.00", "5.00"]);
    expect(order).not.toEqual(order.toSorted());
  });
});

describe("PayPal-Mock-Response", () => {
  it.each([
    ["INSTRUMENT_DECLINED", 422, "UNPROCESSABLE_ENTITY"],
    ["INTERNAL_SERVER_ERROR", 500, "INTERNAL_SERVER_ERROR"],
    ["RATE_LIMIT_REACHED", 429, "RATE_LIMIT_REACHED"],
    ["PERMISSION_DENIED", 403, "NOT_AUTHORIZED"],
    ["not a code", 400, "INVALID_REQUEST"],
  ])("%s answers %i, and nothing is done", async (code, status, name) => {
    const body = { intent: "CAPTURE", purchase_units: [{ amount: usd("5.00") }] };
    const headers = { "paypal-mock-response": JSON.stringify({ mock_application_codes: code }) };
    const refused = await world.call("POST", "/v2/checkout/orders", body, {
      ...headers,
      "paypal-request-id": "m",
    });
    expect([refused.status, refused.body["name"]]).toEqual([status, name]);
    const made = await world.call("POST", "/v2/checkout/orders", body, { "paypal-request-id": "m" });
    expect(made.status).toBe(201);
  });
});
