/** The API as the official SDK drives it. */
import { Resend } from "resend";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { got, newMailWorld, refused, type MailWorld } from "./harness.ts";

let sandbox: Sandbox;
let world: MailWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newMailWorld(sandbox);
});

const mail = (to: string | string[], more: object = {}) => ({
  from: world.from,
  to,
  subject: "Hello",
  text: "Hi",
  ...more,
});
const state = async (id: string) => (await got(world.resend.emails.get(id))).last_event;

describe("mails", () => {
  it("are sent, read, listed newest first in pages, and lie in the boxes they were sent to", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1)
      ids.unshift(
        (await got(world.resend.emails.send(mail(`p${i}@example.com`, { subject: `No ${i}` })))).id,
      );
    const sent = await got(world.resend.emails.get(ids[0] ?? ""));
    expect(sent).toMatchObject({ to: ["p4@example.com"], subject: "No 4", text: "Hi", last_event: "sent" });
    const first = await got(world.resend.emails.list({ limit: 2 }));
    expect([first.has_more, first.data.map(({ id }) => id)]).toEqual([true, ids.slice(0, 2)]);
    const next = await got(world.resend.emails.list({ limit: 10, after: ids[1] ?? "" }));
    expect([next.has_more, next.data.map(({ id }) => id)]).toEqual([false, ids.slice(2)]);
    expect((await world.mailbox({ to: "P4@Example.com" })).map(({ subject }) => subject)).toEqual(["No 4"]);
    expect(await world.mailbox()).toHaveLength(5);
  });

  it.each([
    ["delivered@resend.dev", "delivered", 1],
    ["bounced@resend.dev", "bounced", 0],
    ["bounced+label@resend.dev", "bounced", 0],
    ["complained@resend.dev", "complained", 1],
    ["suppressed@resend.dev", "suppressed", 0],
    ["bounce@any.example", "bounced", 0],
    ["ann@any.example", "delivered", 1],
  ])("to %s end %s", async (to, end, boxed) => {
    const { id } = await got(world.resend.emails.send(mail(to)));
    await world.advance("5s");
    expect(await state(id)).toBe(end);
    expect(await world.mailbox({ to })).toHaveLength(boxed);
  });

  it("to an address that bounced once are suppressed from then on", async () => {
    await got(world.resend.emails.send(mail("bounce@any.example")));
    await world.advance("5s");
    const { id } = await got(world.resend.emails.send(mail("bounce@any.example")));
    await world.advance("5s");
    expect(await state(id)).toBe("suppressed");
  });

  it("go as a batch: all, or none when one is refused", async () => {
    const all = await got(world.resend.batch.send([mail("a@example.com"), mail("b@example.com")]));
    expect(all.data).toHaveLength(2);
    const bad = await refused(world.resend.batch.send([mail("c@example.com"), mail("nowhere")]));
    expect(bad).toMatchObject({ statusCode: 422, name: "validation_error" });
    expect((await world.mailbox()).map(({ to }) => to)).toEqual(["a@example.com", "b@example.com"]);
  });

  it("leave at their time, may be put off, and cancelled until then", async () => {
    const { id } = await got(
      world.resend.emails.send(mail("later@example.com", { scheduledAt: "in 1 hour" })),
    );
    expect(await state(id)).toBe("scheduled");
    const [{ now }] = [(await controlOf(sandbox)<{ now: string }>("GET", `/clock?world=${world.name}`)).body];
    const at = new Date(Date.parse(now) + 2 * 3_600_000).toISOString();
    await got(world.resend.emails.update({ id, scheduledAt: at }));
    await world.advance("90m");
    expect(await world.mailbox()).toEqual([]);
    await world.advance("31m");
    expect([await state(id), (await world.mailbox()).length]).toEqual(["delivered", 1]);
    const { id: other } = await got(world.resend.emails.send(mail("never@example.com", { scheduledAt: at })));
    expect(await state(other)).toBe("sent"); // That time has passed.
    const { id: third } = await got(
      world.resend.emails.send(mail("never@example.com", { scheduledAt: "in 5 min" })),
    );
    await got(world.resend.emails.cancel(third));
    await world.advance("1h");
    expect(await state(third)).toBe("canceled");
    expect((await refused(world.resend.emails.cancel(third))).statusCode).toBe(422);
  });

  it("keep what they carry: reply address, tags, attachments", async () => {
    const attachments = [{ filename: "a.txt", content: Buffer.from("Hello").toString("base64") }];
    const tags = [{ name: "kind", value: "test" }];
    await got(
      world.resend.emails.send(mail("ann@example.com", { attachments, tags, replyTo: "help@example.com" })),
    );
    expect(await world.mailbox()).toMatchObject([
      { reply_to: ["help@example.com"], attachments: [{ filename: "a.txt", bytes: 5 }] },
    ]);
  });
});

describe("idempotency keys", () => {
  it("bring the same mail for a day; another text under the same key is refused", async () => {
    const send = (subject: string) =>
      world.resend.emails.send(mail("once@example.com", { subject }), { idempotencyKey: "k1" });
    const [first, second] = [await got(send("A")), await got(send("A"))];
    expect(second.id).toBe(first.id);
    expect(await refused(send("B"))).toMatchObject({ statusCode: 409, name: "invalid_idempotent_request" });
    await world.advance("25h");
    expect((await got(send("A"))).id).not.toBe(first.id);
    expect(await world.mailbox({ to: "once@example.com" })).toHaveLength(2);
  });

  it.each([
    ["timeout", { ms: 50 }],
    ["reset", {}],
  ])("%s after the act: the retry finds the one mail", async (fault, params) => {
    const rule = { world: world.name, company: "resend", fault, effect: "done", times: 1, params };
    await controlOf(sandbox)("POST", "/faults", rule);
    const send = () => world.resend.emails.send(mail("once@example.com"), { idempotencyKey: "k1" });
    expect((await refused(send())).statusCode).toBeNull();
    await got(send());
    expect(await world.mailbox()).toHaveLength(1);
  });

  it("longer than 256 characters are refused", async () => {
    const answer = world.resend.emails.send(mail("a@example.com"), { idempotencyKey: "k".repeat(257) });
    expect(await refused(answer)).toMatchObject({ statusCode: 400, name: "invalid_idempotency_key" });
  });
});

describe("refusals in Resend's words", () => {
  it.each([
    ["no recipient", { to: "" }, 422, "missing_required_field", "`to`"],
    ["no content", { text: undefined }, 422, "missing_required_field", "`html`"],
    ["no address", { to: "nowhere" }, 422, "validation_error", "`to` field"],
    [
      "too many",
      { to: Array.from({ length: 51 }, (_, i) => `p${i}@a.example`) },
      422,
      "validation_error",
      "50",
    ],
    [
      "a foreign sender",
      { from: "me@gmail.com" },
      403,
      "validation_error",
      "gmail.com domain is not verified",
    ],
    ["a wrong tag", { tags: [{ name: "a b", value: "c" }] }, 422, "validation_error", "Tags"],
    ["two lines of subject", { subject: "a\nb" }, 422, "validation_error", "subject"],
    ["an unbuilt parameter", { topicId: "t" }, 501, "sandbox_not_implemented", "topic_id"],
  ])("%s", async (_what, change, status, name, words) => {
    const error = await refused(world.resend.emails.send({ ...mail("a@example.com"), ...change } as never));
    expect(error).toMatchObject({ statusCode: status, name, message: expect.stringContaining(words) });
    expect(await world.mailbox()).toEqual([]);
  });

  it("keys: missing, invalid, of no world, live", async () => {
    const ask = async (authorization?: string) => {
      const answer = await fetch(`${world.baseUrl}/emails`, {
        headers: authorization ? { authorization } : {},
      });
      return [answer.status, ((await answer.json()) as { name: string }).name];
    };
    expect(await ask()).toEqual([401, "missing_api_key"]);
    for (const key of ["re_invalid_sandbox00", "re_nobody_sandbox00", "re_123", "sk_test_x"])
      expect(await ask(`Bearer ${key}`)).toEqual([403, "invalid_api_key"]);
    const other = new Resend("re_invalid_sandbox00", { baseUrl: world.baseUrl });
    expect((await refused(other.domains.list())).name).toBe("invalid_api_key");
  });

  it("what is not there or not built", async () => {
    const none = "00000000-0000-4000-8000-000000000000";
    expect(await refused(world.resend.emails.get(none))).toMatchObject({
      statusCode: 404,
      name: "not_found",
    });
    expect(await refused(world.resend.webhooks.remove(none))).toMatchObject({ statusCode: 404 });
    expect(await refused(world.resend.contacts.list())).toMatchObject({ statusCode: 501 });
  });

  it.each([
    ["rate_limit", 429, "rate_limit_exceeded"],
    ["status", 503, "internal_server_error"],
  ])("%s: nothing is sent", async (fault, status, name) => {
    const rule = { world: world.name, company: "resend", fault, times: 1, params: { status } };
    await controlOf(sandbox)("POST", "/faults", rule);
    expect(await refused(world.resend.emails.send(mail("a@example.com")))).toMatchObject({
      statusCode: status,
      name,
    });
    expect(await world.mailbox()).toEqual([]);
  });
});

describe("worlds", () => {
  it("see nothing of each other, and one seed gives the same ids", async () => {
    const ids: string[] = [];
    for (const name of ["twin-a", "twin-b"]) {
      const twin = await newMailWorld(sandbox, { name, seed: "same" });
      ids.push((await got(twin.resend.emails.send({ ...mail("a@example.com"), from: twin.from }))).id);
      expect(await twin.mailbox()).toHaveLength(1);
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await world.mailbox()).toEqual([]);
  });

  it("keep the key out of recordings", async () => {
    await got(world.resend.domains.list());
    const { body } = await controlOf(sandbox)("GET", `/recordings?world=${world.name}`);
    expect(JSON.stringify(body)).toContain(`re_${world.name}_…`);
    expect(JSON.stringify(body)).not.toContain(world.key);
  });
});
