import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { verifyMail } from "./verify.ts";

const SECRETS = ["c2VjcmV0LW51bWJlci1vbmUtMTIz", "c2VjcmV0LW51bWJlci10d28tNDU2"].map(
  (key) => `whsec_${key}`,
) as [string, string];
const now = 1_900_000_000;
const body = Buffer.from(JSON.stringify({ type: "email.bounced", name: "Ünïcode ✓" }));
const sign = (secret: string, at = now, bytes = body, id = "msg_1") => ({
  "svix-id": id,
  "svix-timestamp": String(at),
  "svix-signature": new Webhook(secret).sign(id, new Date(at * 1000), bytes.toString()),
});
const check = (
  headers: Record<string, string>,
  bytes = body,
  at = now,
  secrets: readonly string[] = SECRETS,
) => verifyMail(bytes, headers, secrets, at * 1000);

test("what the standard's own library signs verifies, under any of the active secrets", () => {
  for (const secret of SECRETS) expect(check(sign(secret))).toBeNull();
  expect(check(sign(`whsec_${Buffer.from("another secret altogether").toString("base64")}`))).toBe(
    "no_match",
  );
});

test("any signature of the list may match; those of other schemes do not count", () => {
  const good = sign(SECRETS[0])["svix-signature"];
  const other = `v1,${Buffer.alloc(32).toString("base64")}`;
  const list = (text: string) => check({ ...sign(SECRETS[0]), "svix-signature": text });
  expect(list(`${other} ${good}`)).toBeNull();
  expect(list(good.replace("v1,", "v1a,"))).toBe("malformed");
  expect(list(other)).toBe("no_match");
});

test("one changed byte, a moved time or another id is refused", () => {
  const headers = sign(SECRETS[0]);
  for (let at = 0; at < body.length; at += 1) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(check(headers, changed)).toBe("no_match");
  }
  expect(check({ ...headers, "svix-timestamp": String(now + 1) })).toBe("no_match");
  expect(check({ ...headers, "svix-id": "msg_2" })).toBe("no_match");
});

test("more than five minutes off is refused, in either direction", () => {
  expect(check(sign(SECRETS[0]), body, now + 300)).toBeNull();
  expect(check(sign(SECRETS[0]), body, now + 301)).toBe("too_old");
  expect(check(sign(SECRETS[0]), body, now - 301)).toBe("too_new");
});

test("what is missing, malformed or too long is told apart", () => {
  const { "svix-id": _id, ...rest } = sign(SECRETS[0]);
  expect(check(rest as Record<string, string>)).toBe("missing");
  expect(check({ ...sign(SECRETS[0]), "svix-timestamp": "soon" })).toBe("malformed");
  expect(check({ ...sign(SECRETS[0]), "svix-signature": "v1,abc" })).toBe("malformed");
  expect(check({ ...sign(SECRETS[0]), "svix-signature": "x".repeat(5_000) })).toBe("too_long");
});
