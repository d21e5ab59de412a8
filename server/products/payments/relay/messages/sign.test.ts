import fc from "fast-check";
import { expect, test } from "vitest";
import { verify } from "../../../../../sandbox/customer-app/verify.ts";
import { newSecret, signedHeaders } from "./sign.ts";

/** The vector that Standard Webhooks publishes with its libraries. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  seconds: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const at = new Date(VECTOR.seconds * 1000);
const check = (headers: Record<string, string>, body: string, secret: string, seconds = VECTOR.seconds) =>
  verify(headers, Buffer.from(body), secret, seconds);

test("signs the published vector", () => {
  const headers = signedHeaders({ id: VECTOR.id, at, body: VECTOR.body }, [VECTOR.secret]);
  expect(headers).toEqual({
    "webhook-id": VECTOR.id,
    "webhook-timestamp": String(VECTOR.seconds),
    "webhook-signature": VECTOR.signature,
  });
  expect(check(headers, VECTOR.body, VECTOR.secret)).toBeNull();
});

test("a changed body, id, time or secret no longer verifies; 301 s away is refused", () => {
  const headers = signedHeaders({ id: VECTOR.id, at, body: VECTOR.body }, [VECTOR.secret]);
  expect(check(headers, `${VECTOR.body} `, VECTOR.secret)).toBe("no_match");
  expect(check({ ...headers, "webhook-id": "msg_other" }, VECTOR.body, VECTOR.secret)).toBe("no_match");
  const later = { ...headers, "webhook-timestamp": String(VECTOR.seconds + 1) };
  expect(check(later, VECTOR.body, VECTOR.secret)).toBe("no_match");
  expect(check(headers, VECTOR.body, newSecret())).toBe("no_match");
  expect(check(headers, VECTOR.body, VECTOR.secret, VECTOR.seconds + 301)).toBe("too_old");
  expect(check(headers, VECTOR.body, VECTOR.secret, VECTOR.seconds - 301)).toBe("too_new");
});

test("while a secret is rotated, either verifies any body", () => {
  fc.assert(
    fc.property(fc.string(), (body) => {
      const [fresh, old] = [newSecret(), newSecret()];
      const headers = signedHeaders({ id: "evt_1", at, body }, [fresh, old]);
      expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
      for (const secret of [fresh, old]) expect(check(headers, body, secret)).toBeNull();
    }),
  );
});
