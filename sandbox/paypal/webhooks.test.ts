/** Webhooks as an endpoint hears them: signed by a certificate below the sandbox's root, retried, listed, sent again. */
import { mkdtempSync, rmSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf, startListener, type Heard, type Listener } from "../stripe/harness.ts";
import {
  fetchCertificate,
  isSigned,
  newPayPalWorld,
  pay,
  usd,
  type Json,
  type PayPalWorld,
} from "./harness.ts";

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

const typesOf = (heard: readonly Heard[]): string[] => heard.map(({ body }) => eventOf(body).event_type);
const eventOf = (body: Buffer): { id: string; event_type: string; resource: Json } =>
  JSON.parse(body.toString()) as { id: string; event_type: string; resource: Json };
const pemsOf = (text: string): X509Certificate[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
const events = "/v1/notifications/webhooks-events";

describe("deliveries", () => {
  it("a purchase tells of approval, capture and completion, each signed for the world's endpoint", async () => {
    await pay(world, "20.00", undefined, { custom_id: "pay_1" });
    const heard = await listener.until(3);
    expect(typesOf(heard).toSorted()).toEqual([
      "CHECKOUT.ORDER.APPROVED",
      "CHECKOUT.ORDER.COMPLETED",
      "PAYMENT.CAPTURE.COMPLETED",
    ]);
    const { headers } = heard[0] as Heard;
    expect(headers["paypal-auth-algo"]).toBe("SHA256withRSA");
    expect(headers["paypal-transmission-time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const pem = await fetchCertificate(world, String(headers["paypal-cert-url"]));
    for (const each of heard) expect(isSigned(world, each, pem)).toBe(true);
    const [first] = heard as [Heard];
    const altered = { ...first, body: Buffer.from(first.body.toString().replace("20.00", "20.01")) };
    expect(isSigned(world, altered, pem)).toBe(false);
    expect(isSigned({ ...world, paypal: { ...world.paypal, webhook_id: "OTHER" } }, first, pem)).toBe(false);
    const capture = heard
      .map(({ body }) => eventOf(body))
      .find(({ event_type: type }) => type.startsWith("PAYMENT"));
    expect(capture?.resource).toMatchObject({
      custom_id: "pay_1",
      amount: usd("20.00"),
      status: "COMPLETED",
    });
  });

  it("the certificate is PayPal's by name and chained to the root of the credentials", async () => {
    await pay(world);
    const [first] = (await listener.until(1)) as [Heard];
    const url = new URL(String(first.headers["paypal-cert-url"]));
    expect([url.protocol, url.host]).toEqual(["https:", world.paypal.cert_hosts]);
    expect(url.pathname).toMatch(/^\/v1\/notifications\/certs\/CERT-[0-9a-f-]+$/);
    const [leaf, between] = pemsOf(await fetchCertificate(world, url.href));
    const root = new X509Certificate(world.paypal.cert_roots);
    expect(leaf?.checkHost("messageverificationcerts.paypal.com")).toBeDefined();
    expect(leaf?.publicKey.asymmetricKeyType).toBe("rsa");
    expect([leaf?.ca, between?.ca, root.ca]).toEqual([false, true, true]);
    expect(
      leaf?.checkIssued(between as X509Certificate) && leaf.verify((between as X509Certificate).publicKey),
    ).toBe(true);
    expect(between?.checkIssued(root) && between.verify(root.publicKey)).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(leaf?.validFromDate.getUTCFullYear()).toBe(2020);
    expect(leaf?.validToDate.getUTCFullYear()).toBe(2099);
    const stranger = await startSandbox();
    const other = await newPayPalWorld(stranger, { name: "other" });
    await expect(fetchCertificate(other, url.href)).rejects.toThrow();
    await stranger.close();
  });

  it("25 tries more within three days, the same transmission each time", async () => {
    listener.answers.push(...Array.from({ length: 40 }, () => 500));
    await world.call("POST", "/v1/notifications/simulate-event", {
      webhook_id: world.paypal.webhook_id,
      event_type: "PAYMENT.CAPTURE.COMPLETED",
    });
    await world.advance("72h");
    expect(listener.heard).toHaveLength(26);
    await world.advance("72h");
    expect(listener.heard).toHaveLength(26);
    const ids = new Set(
      listener.heard.map(
        ({ headers }) =>
          `${String(headers["paypal-transmission-id"])}${String(headers["paypal-transmission-sig"])}`,
      ),
    );
    expect(ids.size).toBe(1);
  });

  it("bad_signature and corrupt are no longer signed; an old one is, at an old time", async () => {
    for (const fault of ["bad_signature", "corrupt"]) await world.fault({ on: "webhook", fault });
    await world.fault({ on: "webhook", fault: "old_timestamp", params: { seconds: 300_000 } });
    await pay(world);
    const heard = await listener.until(3);
    const pem = await fetchCertificate(world, String(heard[0]?.headers["paypal-cert-url"]));
    const good = heard.filter((each) => isSigned(world, each, pem));
    expect(good).toHaveLength(1);
    const age = Date.now() - Date.parse(String(good[0]?.headers["paypal-transmission-time"]));
    expect(Math.abs(age - 300_000_000)).toBeLessThan(60_000);
  });
});

describe("endpoints", () => {
  it("are made, changed and deleted, and hear the types they asked for", async () => {
    const url = `${listener.base}/other`;
    const wanted = { url, event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] };
    const made = await world.call("POST", "/v1/notifications/webhooks", wanted);
    expect(made).toMatchObject({ status: 201, body: { url } });
    const twice = await world.call("POST", "/v1/notifications/webhooks", wanted);
    expect(twice).toMatchObject({ status: 400, body: { name: "WEBHOOK_URL_ALREADY_EXISTS" } });
    await pay(world);
    expect(
      typesOf(await listener.until(4)).filter((type) => type === "PAYMENT.CAPTURE.COMPLETED"),
    ).toHaveLength(2);
    const path = `/v1/notifications/webhooks/${String(made.body["id"])}`;
    const patch = [{ op: "replace", path: "/event_types", value: [{ name: "*" }] }];
    expect((await world.call("PATCH", path, patch)).body["event_types"]).toMatchObject([{ name: "*" }]);
    expect((await world.call("PATCH", path, patch)).body["name"]).toBe("WEBHOOK_PATCH_REQUEST_NO_CHANGE");
    const list = await world.call("GET", "/v1/notifications/webhooks");
    expect((list.body["webhooks"] as Json[]).map(({ id }) => id)).toEqual([
      world.paypal.webhook_id,
      made.body["id"],
    ]);
    expect((await world.call("DELETE", path)).status).toBe(204);
    expect((await world.call("GET", path)).status).toBe(404);
  });

  it("at most ten", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 10; n++) {
      const body = { url: `${listener.base}/${n}`, event_types: [{ name: "*" }] };
      statuses.push((await world.call("POST", "/v1/notifications/webhooks", body)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 9 }, () => 201), 400]);
  });
});

describe("events", () => {
  it("are listed newest first, by page, type, time and transaction, 30 days deep", async () => {
    const capture = await pay(world);
    await world.advance("1d");
    await pay(world);
    const list = async (query: string) => (await world.call("GET", `${events}?${query}`)).body;
    const first = await list("page_size=4");
    expect(first["count"]).toBe(4);
    const next = (first["links"] as { rel: string; href: string }[]).find(({ rel }) => rel === "next");
    const rest = await world.call("GET", (next?.href ?? "").replace(world.paypal.base_url, ""));
    expect(rest.body["count"]).toBe(2);
    const ids = [first, rest.body].flatMap((page) => (page["events"] as Json[]).map(({ id }) => id));
    expect(new Set(ids).size).toBe(6);
    expect((await list("event_type=PAYMENT.CAPTURE.COMPLETED"))["count"]).toBe(2);
    expect((await list(`transaction_id=${String(capture["id"])}`))["count"]).toBe(1);
    expect((await list("page_size=50&start_time=2026-11-03T00:00:00Z"))["count"]).toBe(3);
    expect((await list("start_time=yesterday"))["name"]).toBe("VALIDATION_ERROR");
    const shown = await world.call("GET", `${events}/${String(ids[0])}`);
    expect(shown.body).toEqual((first["events"] as Json[])[0]);
    await world.advance("29d 12h");
    expect((await list("page_size=50"))["count"]).toBe(3);
  });

  it("sent again: the same event, a new transmission", async () => {
    await pay(world);
    const [first] = (await listener.until(3)) as [Heard];
    const { id } = eventOf(first.body);
    expect((await world.call("POST", `${events}/${id}/resend`, {})).status).toBe(202);
    const again = (await listener.until(4))[3] as Heard;
    expect(again.body.toString()).toBe(first.body.toString());
    expect(again.headers["paypal-transmission-id"]).not.toBe(first.headers["paypal-transmission-id"]);
  });

  it("simulated: signed and sent, but nothing happened and nothing is listed", async () => {
    const path = "/v1/notifications/simulate-event";
    const made = await world.call("POST", path, {
      url: `${listener.base}/x`,
      event_type: "PAYMENT.CAPTURE.REFUNDED",
    });
    expect(made).toMatchObject({ status: 202, body: { resource_type: "refund" } });
    const [heard] = (await listener.until(1)) as [Heard];
    expect(eventOf(heard.body).id).toBe(made.body["id"]);
    expect((await world.call("GET", events)).body["count"]).toBe(0);
    const books = await controlOf(sandbox)<{ paypal: { captures: unknown[] } }>(
      "GET",
      `/books?world=${world.name}`,
    );
    expect(books.body.paypal.captures).toEqual([]);
    expect((await world.call("POST", path, { url: listener.base, event_type: "NO.SUCH" })).status).toBe(400);
  });

  it("verify-webhook-signature says what is genuine", async () => {
    await pay(world);
    const [{ headers, body }] = (await listener.until(1)) as [Heard];
    const given = {
      auth_algo: headers["paypal-auth-algo"],
      cert_url: headers["paypal-cert-url"],
      transmission_id: headers["paypal-transmission-id"],
      transmission_sig: headers["paypal-transmission-sig"],
      transmission_time: headers["paypal-transmission-time"],
      webhook_id: world.paypal.webhook_id,
      webhook_event: JSON.parse(body.toString()) as Json,
    };
    const ask = async (change: Json) =>
      (await world.call("POST", "/v1/notifications/verify-webhook-signature", { ...given, ...change })).body;
    expect(await ask({})).toEqual({ verification_status: "SUCCESS" });
    for (const change of [
      { webhook_id: "1JE4291016473214C" },
      { cert_url: "https://example.com/cert" },
      { transmission_time: "2016-02-18T20:01:35Z" },
      { webhook_event: { ...given.webhook_event, summary: "changed" } },
    ])
      expect(await ask(change)).toEqual({ verification_status: "FAILURE" });
  });

  it("each that can be triggered comes", async () => {
    type Triggers = { triggers: { paypal: string[] } };
    const control = controlOf(sandbox);
    for (const event of (await control<Triggers>("GET", "/coverage")).body.triggers.paypal) {
      const own = await newPayPalWorld(sandbox);
      const done = await control("POST", "/trigger", { world: own.name, company: "paypal", event });
      expect(done.status, event).toBe(200);
      const list = await own.call("GET", `${events}?event_type=${event}`);
      expect(list.body["count"], event).toBeGreaterThan(0);
    }
  });
});

describe("a data folder", () => {
  it("keeps root, endpoint and credentials over a restart, and sends what was not delivered", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      listener.answers.push(500);
      const first = await startSandbox({ dataDir, webhookBase: listener.base });
      const before = await newPayPalWorld(first, { name: "default" });
      await before.call("POST", "/v1/notifications/simulate-event", {
        webhook_id: before.paypal.webhook_id,
        event_type: "CHECKOUT.ORDER.APPROVED",
      });
      await listener.until(1);
      await first.close();
      const second = await startSandbox({ dataDir });
      const after = await newPayPalWorld(second, { name: "default" });
      const { base_url: _moved, cert_hosts: _too, ...kept } = before.paypal;
      expect(after.paypal).toMatchObject(kept);
      await after.advance("1m");
      const heard = (await listener.until(2)) as [Heard, Heard];
      const pem = await fetchCertificate(after, String(heard[1].headers["paypal-cert-url"]));
      expect(heard.map((each) => isSigned(after, each, pem))).toEqual([true, true]);
      await second.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
