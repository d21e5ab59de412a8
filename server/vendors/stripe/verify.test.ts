import Stripe from "stripe";
import { expect, test } from "vitest";
import { verifyStripe } from "./verify.ts";

const sdk = new Stripe("sk_test_x");
const now = 1_900_000_000;
const body = Buffer.from(JSON.stringify({ id: "evt_1", name: "Ünïcode ✓" }));
const header = (secret: string, timestamp = now, payload = body.toString()) =>
  sdk.webhooks.generateTestHeaderString({ payload, secret, timestamp });
const check = (value: string | undefined, secrets = ["whsec_new", "whsec_old"], bytes = body, at = now) =>
  verifyStripe(bytes, value, secrets, at * 1000);

test("what Stripe's own library signs verifies, under any of the active secrets", () => {
  expect(check(header("whsec_new"))).toBeNull();
  expect(check(header("whsec_old"))).toBeNull();
  expect(check(header("whsec_gone"))).toBe("no_match");
});

test("any v1 may match; v0 and unknown schemes are ignored", () => {
  const good = header("whsec_new").split("v1=")[1] as string;
  expect(check(`t=${now},v1=${"0".repeat(64)},v1=${good}`)).toBeNull();
  expect(check(`t=${now},v0=${good}`)).toBe("malformed");
  expect(check(`t=${now},v2=${good}`)).toBe("malformed");
});

test("one changed byte, a moved time or a truncated signature is refused", () => {
  const signed = header("whsec_new");
  for (let at = 0; at < body.length; at += 1) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(check(signed, ["whsec_new"], changed)).toBe("no_match");
  }
  expect(check(signed.replace(`t=${now}`, `t=${now - 1}`))).toBe("no_match");
  expect(check(signed.slice(0, -1))).toBe("malformed");
});

test.each([
  ["300 s old", -300, null],
  ["301 s old", -301, "too_old"],
  ["300 s ahead", 300, null],
  ["301 s ahead", 301, "too_new"],
])("an event %s", (_name, offset, fault) => {
  expect(check(header("whsec_new", now + offset))).toBe(fault);
});

test.each([
  [undefined, "missing"],
  ["", "malformed"],
  ["t=,v1=", "malformed"],
  [`t=1e9,v1=${"0".repeat(64)}`, "malformed"],
  [`t=${now},v1=${"x".repeat(64)}`, "malformed"],
  [`t=${now},${"v1=0,".repeat(1_000)}`, "too_long"],
])("the header %j is %s", (value, fault) => {
  expect(check(value)).toBe(fault);
});
