import { sign, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loopbackIdentity, openAuthority, type Authority } from "../../../../sandbox/core/authority.ts";
import { createMetrics } from "../../../platform/telemetry/index.ts";
import { createPaypal, type PaypalApi } from "../../../vendors/paypal/index.ts";
import { paypalSource } from "./paypal-source.ts";
import type { Source } from "./source.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
/** Nobody listens there. */
const AWAY = "127.0.0.1:9";
const event = {
  id: "WH-1",
  event_type: "PAYMENT.CAPTURE.COMPLETED",
  create_time: "2026-03-01T11:59:58Z",
  resource: { id: "CAPTURE1" },
};
const body = Buffer.from(JSON.stringify(event));

let authority: Authority;
let key: KeyObject;
let server: Server;
let host: string;
let paypal: PaypalApi;
let source: Source;

beforeAll(async () => {
  authority = openAuthority(":memory:");
  key = await authority.signingKey("paypal");
  const certificate = authority.issue({ name: "certs.paypal.com", key });
  server = createServer(loopbackIdentity(authority), (_req, res) => void res.end(certificate));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  paypal = createPaypal({
    baseUrl: `http://${AWAY}`,
    clientId: "client",
    clientSecret: "secret",
    metrics: createMetrics("test"),
    pausesMs: [],
  });
  source = paypalSource({
    paypal,
    accountId: "paypal_1",
    webhookId: "WEBHOOK1",
    certHosts: [host, AWAY],
    certRoots: authority.rootPem,
  });
});
afterAll(async () => {
  await paypal.close();
  server.close();
});

function headers({ at = NOW, certHost = host } = {}): Record<string, string> {
  const id = "69cd13f0-d67a-11e5-baa3-778b53f4ae55";
  const time = new Date(at).toISOString();
  return {
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign(
      "sha256",
      Buffer.from(`${id}|${time}|WEBHOOK1|${crc32(body)}`),
      key,
    ).toString("base64"),
    "paypal-cert-url": `https://${certHost}/v1/notifications/certs/CERT-1`,
    "paypal-auth-algo": "SHA256withRSA",
  };
}
const verify = async (given: Record<string, string>, webhookId: string | null = "WEBHOOK1") =>
  source.verify(body, given, { secrets: [], webhookId, nowMs: NOW });

test("a delivery is checked against its endpoint's own id; without one nothing can be", async () => {
  expect(await verify(headers())).toBeNull();
  expect(await verify(headers(), "WEBHOOK2")).toBe("no_match");
  expect(await verify(headers(), null)).toBe("no_webhook_id");
});

test.each([
  ["the certificate's host", { certHost: AWAY }],
  ["PayPal, when the event has to be asked for,", { at: NOW - 3_600_000 }],
])("while %s is away, nothing is verified or refused: 503, and when to come back", async (_name, how) => {
  const error: unknown = await verify(headers(how)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: { status: 503, code: "not_verified" }, options: { retryAfter: 30 } });
});

test("a transmission is known by its header, and what was signed is kept beside the bytes", () => {
  const given = headers();
  expect(source.transmission?.({ ...given })).toBe(given["paypal-transmission-id"]);
  expect(source.keep({ ...given, cookie: "private" })).toEqual(given);
  expect(source.transmission?.({})).toBe("");
  expect(new Set(Object.values(source.keep({})))).toEqual(new Set([""]));
});

test("events are of the account's mode, since they name none", () => {
  expect(source.read(body, {})).toMatchObject({ id: "WH-1", livemode: false });
  expect(source.read(Buffer.from("{"), {})).toBeNull();
});
