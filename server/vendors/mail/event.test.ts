import fc from "fast-check";
import { expect, test } from "vitest";
import { readMailEnvelope, readMailEvent } from "./index.ts";

const event = (type: string, data: Record<string, unknown> = {}) =>
  Buffer.from(
    JSON.stringify({
      type,
      created_at: "2026-03-01T00:00:00.000Z",
      data: { email_id: "e-1", to: ["Ann <Ann@Example.com>"], tags: { mail_id: "mail_1" }, ...data },
    }),
  );

test.each([
  ["email.delivered", {}, "delivered"],
  ["email.bounced", { bounce: { type: "Permanent" } }, "bounced"],
  ["email.bounced", { bounce: { type: "Transient" } }, "late"],
  ["email.complained", {}, "complained"],
  ["email.suppressed", { suppressed: { reason: "previous_bounce" } }, "bounced"],
  ["email.suppressed", { suppressed: { reason: "previous_complaint" } }, "complained"],
  ["email.failed", {}, "failed"],
  ["email.delivery_delayed", {}, "late"],
])("%s %o is %s", (type, data, fate) => {
  expect(readMailEvent(event(type, data))).toEqual({
    mailId: "mail_1",
    fate,
    addresses: ["ann@example.com"],
    at: new Date("2026-03-01T00:00:00Z"),
  });
});

test("an event is named by its header; without one it is none", () => {
  expect(readMailEnvelope(event("email.sent"), { "svix-id": "msg_1" })).toEqual({
    id: "msg_1",
    type: "email.sent",
    createdAt: new Date("2026-03-01T00:00:00Z"),
    mail: "e-1",
  });
  expect(readMailEnvelope(event("email.sent"), {})).toBeNull();
});

test("no bytes make the reader fail", () => {
  const read = (bytes: Buffer) => {
    readMailEnvelope(bytes, { "svix-id": "msg_1" });
    readMailEvent(bytes);
    return true;
  };
  fc.assert(fc.property(fc.json(), (text) => read(Buffer.from(text))));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => read(Buffer.from(bytes))));
  const odd = fc.record({
    type: fc.constantFrom("email.bounced", "email.suppressed"),
    created_at: fc.anything(),
    data: fc.anything(),
  });
  fc.assert(fc.property(odd, (value) => read(Buffer.from(JSON.stringify(value)))));
});
