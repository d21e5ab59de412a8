import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loopbackIdentity, openAuthority, type Authority } from "../../../sandbox/core/authority.ts";
import { PaypalFault } from "./fault.ts";
import { CertificateAway, createPaypalVerifier, type VerifyOptions } from "./verify.ts";

const WEBHOOK_ID = "1JE4291016473214C";
const NOW = Date.UTC(2026, 2, 1, 12);
const event = {
  id: "WH-58D329510W468432D-8HN650336L201105X",
  event_type: "PAYMENT.CAPTURE.COMPLETED",
  create_time: "2026-03-01T11:59:58Z",
  resource: { id: "42311647XV020574X", amount: { currency_code: "USD", value: "10.00" }, note: "Ünïcode ✓" },
};
const body = Buffer.from(JSON.stringify(event));

let authority: Authority;
let foreign: Authority;
let key: KeyObject;
let server: Server;
/** What lies on the certificate host; a name that is not there answers 404. */
const files = new Map<string, { status?: number; text?: string; headers?: Record<string, string> }>();
let fetched: string[] = [];
let host = "";

beforeAll(async () => {
  authority = openAuthority(":memory:");
  foreign = openAuthority(":memory:");
  key = await authority.signingKey("paypal");
  server = createServer(loopbackIdentity(authority), (req, res) => {
    fetched.push(req.url ?? "");
    const file = files.get(req.url?.split("/").at(-1) ?? "");
    res.writeHead(file ? (file.status ?? 200) : 404, file?.headers).end(file?.text ?? "");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hosts = ["messageverificationcerts.paypal.com"];
  const issue = (by: Authority, more = {}) =>
    by.issue({ name: "messageverificationcerts.paypal.com", key, hosts, ...more });
  files.set("good", { text: issue(authority) });
  files.set("star", { text: issue(authority, { hosts: ["*.paypal.com"] }) });
  files.set("foreign", { text: issue(foreign) });
  files.set("expired", { text: issue(authority, { until: new Date(NOW - 1) }) });
  files.set("early", { text: issue(authority, { from: new Date(NOW + 1_000) }) });
  files.set("named", { text: issue(authority, { hosts: ["paypal.com.evil.example"] }) });
  files.set("glued", { text: issue(authority, { hosts: ["evilpaypal.com"] }) });
  files.set("leaf-alone", { text: issue(authority).split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? "" });
  files.set("root", { text: authority.rootPem });
  files.set("long", { text: issue(authority) + " ".repeat(64 * 1024) });
  files.set("moved", { status: 302, headers: { location: `https://${host}/v1/notifications/certs/good` } });
  files.set("broken", { text: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" });
  files.set("empty", { text: "" });
  files.set("down", { status: 503 });
});
afterAll(() => void server.close());
beforeEach(() => void (fetched = []));

const verifier = ({
  webhookId = WEBHOOK_ID,
  ...more
}: Partial<VerifyOptions> & { webhookId?: string } = {}) => {
  const verify = createPaypalVerifier({
    hosts: [host],
    roots: authority.rootPem,
    getEvent: () => Promise.reject(new Error("not asked")),
    ...more,
  });
  return (bytes: Buffer, headers: Record<string, string>, nowMs: number) =>
    verify(bytes, headers, { webhookId, nowMs });
};

type Altered = {
  bytes?: Buffer;
  signedBytes?: Buffer;
  cert?: string;
  at?: number;
  webhookId?: string;
  crc?: (bytes: Buffer) => string;
};
function headers(altered: Altered = {}): Record<string, string> {
  const id = "69cd13f0-d67a-11e5-baa3-778b53f4ae55";
  const time = new Date(altered.at ?? NOW).toISOString();
  const sum = altered.crc ?? ((bytes) => String(crc32(bytes)));
  const text = `${id}|${time}|${altered.webhookId ?? WEBHOOK_ID}|${sum(altered.signedBytes ?? body)}`;
  return {
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), key).toString("base64"),
    "paypal-cert-url": `https://${host}/v1/notifications/certs/${altered.cert ?? "good"}`,
    "paypal-auth-algo": "SHA256withRSA",
  };
}

test("what PayPal signs verifies, its chain ending in the pinned root, under a name or a wildcard", async () => {
  expect(await verifier()(body, headers(), NOW)).toBeNull();
  expect(await verifier()(body, headers({ cert: "star" }), NOW)).toBeNull();
});

test("the sum is written as an unsigned number", async () => {
  const high = Buffer.from("x");
  expect(crc32(high)).toBeGreaterThan(0x7f_ff_ff_ff);
  const wanted = { signedBytes: high };
  expect(await verifier()(high, headers(wanted), NOW)).toBeNull();
  const negative = headers({ ...wanted, crc: (bytes) => String(crc32(bytes) | 0) });
  expect(await verifier()(high, negative, NOW)).toBe("no_match");
});

test("any changed byte, header or endpoint is refused", async () => {
  const check = verifier();
  const good = headers();
  await fc.assert(
    fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ change;
      expect(await check(changed, good, NOW)).toBe("no_match");
    }),
  );
  const digit = good["paypal-transmission-sig"] ?? "";
  for (const [name, value] of [
    ["paypal-transmission-id", "69cd13f0-d67a-11e5-baa3-778b53f4ae56"],
    ["paypal-transmission-time", new Date(NOW - 1_000).toISOString()],
    ["paypal-transmission-sig", (digit.startsWith("A") ? "B" : "A") + digit.slice(1)],
  ] as const)
    expect(await check(body, { ...good, [name]: value }, NOW)).toBe("no_match");
  expect(await check(body, headers({ webhookId: "8PT597110X687430L" }), NOW)).toBe("no_match");
  expect(await verifier({ webhookId: "8PT597110X687430L" })(body, good, NOW)).toBe("no_match");
});

test.each([
  "paypal-transmission-id",
  "paypal-transmission-time",
  "paypal-transmission-sig",
  "paypal-cert-url",
  "paypal-auth-algo",
])("without %s nothing is fetched", async (name) => {
  const { [name]: _gone, ...rest } = headers();
  expect(await verifier()(body, rest, NOW)).toBe("missing");
  expect(fetched).toEqual([]);
});

test.each(["SHA1withRSA", "sha256withrsa", "none", "SHA256withECDSA", ""])(
  "the algorithm %j is refused, whatever it would verify",
  async (algorithm) => {
    expect(await verifier()(body, { ...headers(), "paypal-auth-algo": algorithm }, NOW)).toBe("algorithm");
  },
);

test.each([
  ["another host", (h: string) => `https://evil.example/v1/notifications/certs/good?${h}`, "cert_url_host"],
  ["no TLS", (h: string) => `http://${h}/v1/notifications/certs/good`, "cert_url_host"],
  [
    "a host before the at",
    (h: string) => `https://${h}@evil.example/v1/notifications/certs/good`,
    "cert_url_host",
  ],
  ["a user", (h: string) => `https://u@${h}/v1/notifications/certs/good`, "cert_url_host"],
  [
    "another port",
    (h: string) => `https://${h.split(":")[0]}:9/v1/notifications/certs/good`,
    "cert_url_host",
  ],
  ["another path", (h: string) => `https://${h}/v1/other/good`, "cert_url_path"],
  ["a path that climbs", (h: string) => `https://${h}/v1/notifications/certs/../../x`, "cert_url_path"],
  ["a path below", (h: string) => `https://${h}/v1/notifications/certs/a/b`, "cert_url_path"],
  ["a query", (h: string) => `https://${h}/v1/notifications/certs/good?x=1`, "cert_url_host"],
  ["no address", () => "good", "cert_url_host"],
  ["a file", () => "file:///etc/passwd", "cert_url_host"],
])("a certificate at %s is never fetched", async (_name, url, fault) => {
  expect(await verifier()(body, { ...headers(), "paypal-cert-url": url(host) }, NOW)).toBe(fault);
  expect(fetched).toEqual([]);
});

test.each([
  ["foreign", "cert_foreign"],
  ["leaf-alone", "cert_foreign"],
  ["expired", "cert_expired"],
  ["early", "cert_expired"],
  ["named", "cert_name"],
  ["glued", "cert_name"],
  ["root", "cert_name"],
  ["long", "cert_too_long"],
  ["moved", "cert_not_there"],
  ["broken", "cert_unreadable"],
  ["empty", "cert_unreadable"],
  ["unknown", "cert_not_there"],
])("a certificate that is %s: %s", async (cert, fault) => {
  expect(await verifier()(body, headers({ cert }), NOW)).toBe(fault);
  expect(fetched).toHaveLength(1);
});

test("the certificate's host away is no fault of the sender: it is thrown, and asked again next time", async () => {
  const check = verifier();
  await expect(check(body, headers({ cert: "down" }), NOW)).rejects.toThrow(CertificateAway);
  files.set("down", files.get("good") ?? {});
  expect(await check(body, headers({ cert: "down" }), NOW)).toBeNull();
  files.set("down", { status: 503 });
});

test("many at once fetch the certificate once, and it is kept for a day", async () => {
  const check = verifier();
  const all = await Promise.all(Array.from({ length: 20 }, () => check(body, headers(), NOW)));
  expect(new Set(all)).toEqual(new Set([null]));
  const later = NOW + 24 * 3_600_000;
  expect(await check(body, headers({ at: later - 1 }), later - 1)).toBeNull();
  expect(fetched).toHaveLength(1);
  expect(await check(body, headers({ at: later }), later)).toBeNull();
  expect(fetched).toHaveLength(2);
});

test("a kept certificate is refused from the moment it expires", async () => {
  const check = verifier();
  const hosts = ["x.paypal.com"];
  files.set("short", { text: authority.issue({ name: "x", key, hosts, until: new Date(NOW + 60_000) }) });
  expect(await check(body, headers({ cert: "short" }), NOW)).toBeNull();
  const later = NOW + 61_000;
  expect(await check(body, headers({ cert: "short", at: later }), later)).toBe("cert_expired");
});

test.each([
  ["300 s ahead", 300_000, null],
  ["301 s ahead", 301_000, "too_new"],
  ["75 h old", -75 * 3_600_000, null],
  ["75 h and a second old", -75 * 3_600_000 - 1_000, "too_old"],
])("a transmission %s", async (_name, offset, fault) => {
  const getEvent = () => Promise.resolve({ body });
  expect(await verifier({ getEvent })(body, headers({ at: NOW + offset }), NOW)).toBe(fault);
});

test("over ten minutes old, the event is asked for; a forged body of another object, or an unknown id, is refused", async () => {
  const asked: string[] = [];
  const at = NOW - 601_000;
  const getEvent = (id: string) => {
    asked.push(id);
    return Promise.resolve({ body });
  };
  expect(await verifier({ getEvent })(body, headers({ at: NOW - 600_000 }), NOW)).toBeNull();
  expect(asked).toEqual([]);
  expect(await verifier({ getEvent })(body, headers({ at }), NOW)).toBeNull();
  expect(asked).toEqual([event.id]);
  const other = Buffer.from(JSON.stringify({ ...event, resource: { id: "1AB" } }));
  expect(await verifier({ getEvent })(other, headers({ at, signedBytes: other }), NOW)).toBe("other_event");
  const missing = () => Promise.reject(new PaypalFault("not_found", "RESOURCE_NOT_FOUND", null));
  expect(await verifier({ getEvent: missing })(body, headers({ at }), NOW)).toBe("unknown_event");
  const away = () => Promise.reject(new PaypalFault("unavailable", "timeout", null));
  await expect(verifier({ getEvent: away })(body, headers({ at }), NOW)).rejects.toThrow(PaypalFault);
});

test("a body with the same CRC32 verifies, which is why only its ids are believed", async () => {
  // Two strings of eight letters that share their sum: found by search, so that the test holds the gap open to sight.
  const seen = new Map<number, Buffer>();
  let pair: [Buffer, Buffer] | null = null;
  for (let i = 0; pair === null && i < 400_000; i += 1) {
    const text = Buffer.from(createHash("sha1").update(String(i)).digest("base64").slice(0, 12));
    const known = seen.get(crc32(text));
    if (known) pair = [known, text];
    else seen.set(crc32(text), text);
  }
  expect(pair).not.toBeNull();
  const [told, forged] = pair as unknown as [Buffer, Buffer];
  expect(forged.equals(told)).toBe(false);
  expect(await verifier()(forged, headers({ signedBytes: told }), NOW)).toBeNull();
});

test.each([
  ["a header twice", "paypal-transmission-sig", ["a", "b"]],
  ["a header too long", "paypal-cert-url", "x".repeat(4 * 1024 + 1)],
  ["an id of other letters", "paypal-transmission-id", "69cd13f0|d67a"],
  ["a time in words", "paypal-transmission-time", "Sun, 01 Mar 2026 12:00:00 GMT"],
  ["a time that no calendar has", "paypal-transmission-time", "2026-13-01T12:00:00Z"],
  ["a signature that is no base64", "paypal-transmission-sig", "*".repeat(344)],
  ["a signature too short", "paypal-transmission-sig", "AAAA"],
])("%s is malformed, and nothing is fetched", async (_name, header, value) => {
  const told = { ...headers(), [header]: value } as Record<string, string>;
  expect(await verifier()(body, told, NOW)).toBe("malformed");
  expect(fetched).toEqual([]);
});

test("old bytes that are no event are refused before PayPal is asked", async () => {
  const bytes = Buffer.from("{");
  const signed = headers({ at: NOW - 601_000, signedBytes: bytes });
  expect(await verifier()(bytes, signed, NOW)).toBe("unreadable");
});

test("a certificate without alternative names goes by its common name; an address is no name", async () => {
  const issue = (name: string, hosts: string[]) => authority.issue({ name, key, hosts });
  files.set("common", { text: issue("messageverificationcerts.paypal.com", []) });
  files.set("common-other", { text: issue("paypal.com.evil.example", []) });
  files.set("nameless", { text: issue("PayPal, the company", []) });
  files.set("address", { text: issue("messageverificationcerts.paypal.com", ["127.0.0.1"]) });
  const results = [];
  for (const cert of ["common", "common-other", "nameless", "address"])
    results.push(await verifier()(body, headers({ cert }), NOW));
  expect(results).toEqual([null, "cert_name", "cert_name", "cert_name"]);
});

test("a key that is not RSA signs nothing here", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const hosts = ["messageverificationcerts.paypal.com"];
  files.set("elliptic", { text: authority.issue({ name: "x", key: privateKey, hosts }) });
  expect(await verifier()(body, headers({ cert: "elliptic" }), NOW)).toBe("cert_key");
});

test("a trusted certificate that is over vouches for nobody", async () => {
  const later = Date.UTC(2100, 1, 1);
  const hosts = ["x.paypal.com"];
  const [leaf = "", between = ""] = authority
    .issue({ name: "x", key, hosts, until: new Date(later + 1) })
    .split(/(?<=-----END CERTIFICATE-----\n)/);
  files.set("outlived", { text: leaf });
  const check = verifier({ roots: authority.rootPem + between });
  expect(await check(body, headers({ cert: "outlived" }), NOW)).toBeNull();
  expect(await check(body, headers({ cert: "outlived", at: later }), later)).toBe("cert_expired");
});

test("at most eight certificates are fetched at once: the ninth sender comes back", async () => {
  const check = verifier();
  const names = Array.from({ length: 9 }, (_, n) => `many-${n}`);
  for (const name of names) files.set(name, files.get("good") ?? {});
  const results = await Promise.allSettled(names.map((cert) => check(body, headers({ cert }), NOW)));
  expect(results.slice(0, 8)).toEqual(
    Array.from({ length: 8 }, () => ({ status: "fulfilled", value: null })),
  );
  expect(results[8]).toMatchObject({ status: "rejected", reason: expect.any(CertificateAway) as unknown });
  expect(await check(body, headers({ cert: "many-8" }), NOW)).toBeNull();
});

test("thirty-two certificates are kept; one more takes the place of the oldest", async () => {
  const check = verifier();
  const names = Array.from({ length: 33 }, (_, n) => `kept-${n}`);
  for (const name of names) files.set(name, files.get("good") ?? {});
  for (const cert of names) expect(await check(body, headers({ cert }), NOW)).toBeNull();
  fetched = [];
  for (const cert of ["kept-1", "kept-32", "kept-0"])
    expect(await check(body, headers({ cert }), NOW)).toBeNull();
  expect(fetched).toEqual(["/v1/notifications/certs/kept-0"]);
});
