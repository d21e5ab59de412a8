import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startMailServer, type MailServer } from "../../../test/harness/mail-server.ts";
import { newId, type OrgId } from "../../platform/ids.ts";
import { hashToken } from "../../platform/crypto/index.ts";
import { withOperatorTx, withSystemTx, withTx } from "../../platform/db/index.ts";
import type { Letter } from "./index.ts";

const MINUTE_MS = 60_000;

let server: MailServer;
/** What each mail knew of itself, by its id. */
const letters = new Map<string, Letter[]>();
const tenants: (OrgId | null)[] = [];
let failing = 0;

beforeAll(async () => {
  server = await startMailServer();
  define(server.mail);
});
afterAll(() => server.close());
afterEach(async () => {
  failing = 0;
  await server.control("DELETE", "/faults");
  await server.db.pool.query("delete from mail.outbox");
});

function define(mail: MailServer["mail"]): void {
  mail.define<{ name: string }>({
    kind: "test.hello",
    compose(tx, ref, letter) {
      letters.set(letter.id, [...(letters.get(letter.id) ?? []), letter]);
      tenants.push(tx.org);
      if (failing > 0) {
        failing -= 1;
        throw new Error("nothing to say");
      }
      if (ref.name === "nobody") return Promise.resolve(null);
      const url = letter.link("/verify", { token: letter.token() });
      const blocks = [
        { text: `Hello ${ref.name} <b>&` },
        { button: "Confirm", url },
        { note: "Valid for a day." },
      ];
      return Promise.resolve({ subject: `Hello ${ref.name}\r\nBcc: x@example.com`, blocks });
    },
  });
}

const fault = (kind: string, more: Record<string, unknown> = {}) =>
  server.control("POST", "/faults", { company: "resend", fault: kind, ...more });
const hello = (to: string, name = "Ann") => server.send({ kind: "test.hello", to, ref: { name } });
const states = async () => (await server.rows()).map(({ state }) => state);
/** Hands over at once whatever waits, however long it was to wait. */
async function deliverLater(ms: number): Promise<void> {
  server.clock.advance(ms);
  await server.deliver();
}

test("a mail arrives in the person's box, as HTML and text, in one line of subject, with links that work", async () => {
  const id = await hello("Ann@Example.com");
  await server.deliver();
  const mail = await server.mailbox("ann@example.com");
  const token = letters.get(id)?.[0]?.token();
  const link = `https://holdfast.example/verify?token=${token}`;
  expect(mail).toMatchObject({
    to: "ann@example.com",
    subject: "Hello Ann Bcc: x@example.com",
    links: [link],
  });
  expect(mail.html).toContain("Hello Ann &lt;b&gt;&amp;");
  expect(mail.text).toContain(`Hello Ann <b>&\n\nConfirm:\n${link}`);
  expect(await server.rows()).toMatchObject([{ id, state: "sent", attempts: 1, address: "ann@example.com" }]);
});

test("a mail leaves if and only if its cause commits, whatever sort of transaction that is", async () => {
  const { db, mail } = server;
  const org = newId("org");
  const to = "cause@example.com";
  await withTx(db, org, (tx) => mail.send(tx, { kind: "test.hello", to, ref: { name: "org" } }));
  await withOperatorTx(db, (tx) => mail.send(tx, { kind: "test.hello", to, ref: { name: "operator" } }));
  const undone = withSystemTx(db, async (tx) => {
    await mail.send(tx, { kind: "test.hello", to, ref: { name: "undone" } });
    throw new Error("no");
  });
  await expect(undone).rejects.toThrow("no");
  tenants.length = 0;
  await server.deliver();
  expect((await server.boxed(to)).map(({ subject }) => subject.split(" ")[1]).toSorted()).toEqual([
    "operator",
    "org",
  ]);
  // Composed among the rows of whoever sent it.
  expect(tenants.toSorted()).toEqual([org, null].toSorted());
});

test("the outbox and the log hold neither token nor text", async () => {
  const id = await hello("quiet@example.com", "Quentin");
  await server.deliver();
  const token = letters.get(id)?.[0]?.token() ?? "";
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
  const { rows } = await server.db.pool.query<{ text: string }>("select o::text as text from mail.outbox o");
  const kept = [...rows.map(({ text }) => text), ...server.lines].join("\n");
  for (const secret of [token, hashToken(token).toString("hex"), "Confirm"])
    expect(kept).not.toContain(secret);
  expect(kept).toContain("Quentin"); // Its ref is kept, so that the check above looks at something.
});

test("a mail that is no longer wanted is not sent", async () => {
  await hello("nobody@example.com", "nobody");
  await server.deliver();
  expect(await states()).toEqual(["unwanted"]);
  expect(await server.boxed("nobody@example.com")).toEqual([]);
});

test.each([
  ["reset after the act", "reset", { effect: "done" }],
  ["timeout after the act", "timeout", { effect: "done", params: { ms: 50 } }],
  ["answer cut short", "truncate", {}],
  ["answer spoilt", "corrupt", {}],
])("%s: the next try brings the same mail, and the box holds it once", async (what, kind, more) => {
  const to = `${kind}-${what.length}@example.com`;
  await fault(kind, { ...more, times: 1 });
  const id = await hello(to);
  await server.deliver();
  expect(await states()).toEqual(["waiting"]);
  await deliverLater(5_000);
  expect(await states()).toEqual(["sent"]);
  expect(await server.boxed(to)).toHaveLength(1);
  const [first, second] = letters.get(id) ?? [];
  expect(second?.token()).toBe(first?.token());
});

test("a text that changed between two tries does not send a second mail", async () => {
  await fault("reset", { effect: "done", times: 1 });
  const id = await hello("changed@example.com", "Old");
  await server.deliver();
  await server.db.pool.query(`update mail.outbox set ref = '{"name": "New"}' where id = $1`, [id]);
  await deliverLater(5_000);
  expect(await states()).toEqual(["sent"]);
  expect((await server.boxed("changed@example.com")).map(({ subject }) => subject.split(" ")[1])).toEqual([
    "Old",
  ]);
});

test("company down: five quick tries, then every 15 minutes for 24 hours, and it arrives when the company is back", async () => {
  await fault("status", { params: { status: 503 } });
  await hello("patient@example.com");
  for (const waitMs of [0, 2_500, 5_000, 10_000, 20_000]) await deliverLater(waitMs);
  expect(await server.rows()).toMatchObject([{ state: "waiting", attempts: 5 }]);
  await deliverLater(14 * MINUTE_MS);
  expect(await server.rows()).toMatchObject([{ attempts: 5 }]);
  for (let quarter = 0; quarter < 92; quarter += 1) await deliverLater(15 * MINUTE_MS);
  expect(await server.rows()).toMatchObject([{ state: "waiting", attempts: 97 }]);
  await server.control("DELETE", "/faults");
  await deliverLater(15 * MINUTE_MS);
  expect(await states()).toEqual(["sent"]);
  expect(await server.boxed("patient@example.com")).toHaveLength(1);
});

test("company down for longer than a day: the mail has failed, and says so", async () => {
  await fault("timeout", { params: { ms: 1 } });
  await hello("late@example.com");
  await server.deliver();
  await deliverLater(24 * 60 * MINUTE_MS);
  expect(await server.rows()).toMatchObject([{ state: "failed", error_code: "no_answer" }]);
  expect(server.lines.some((line) => line.includes("mail failed"))).toBe(true);
});

test("429: it waits for as long as the company asks", async () => {
  await fault("rate_limit", { times: 1, params: { retry_after: 60 } });
  await hello("limited@example.com");
  await server.deliver();
  await deliverLater(59_000);
  expect(await server.rows()).toMatchObject([
    { state: "waiting", attempts: 1, error_code: "rate_limit_exceeded" },
  ]);
  await deliverLater(1_000);
  expect(await states()).toEqual(["sent"]);
});

test("a refusal of the mail itself is final; a wrong key waits for the operator", async () => {
  await server.send({ kind: "test.hello", to: "no address", ref: { name: "Ann" } });
  await server.deliver();
  expect(await server.rows()).toMatchObject([
    { state: "failed", attempts: 1, error_code: "validation_error" },
  ]);
  await fault("status", { params: { status: 403 }, times: 1 });
  await hello("key@example.com");
  await server.deliver();
  expect((await states()).toSorted()).toEqual(["failed", "waiting"]);
});

test("a mail that cannot be written is tried five times", async () => {
  failing = 5;
  await hello("fault@example.com");
  for (const waitMs of [0, 2_500, 5_000, 10_000, 20_000]) await deliverLater(waitMs);
  expect(await server.rows()).toMatchObject([{ state: "failed", attempts: 5, error_code: "not_composed" }]);
});

test("two processes hand each mail over once, together no faster than the pace", async () => {
  const slow = [server.another({ perSecond: 10 }), server.another({ perSecond: 10 })];
  for (const each of slow) define(each);
  for (let i = 0; i < 25; i += 1) await hello(`crowd-${i}@example.com`);
  const startedAt = performance.now();
  const sent = async () => (await states()).filter((state) => state === "sent").length;
  while ((await sent()) < 25) {
    await Promise.all(slow.map((each) => server.deliver(each)));
    await delay(20);
  }
  // Ten, ten, five: two full seconds lie between the first and the last.
  expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  const { rows } = await server.db.pool.query<{ most: number }>(
    `select max(n)::int as most from (select (select count(*) from mail.outbox b
       where b.started_at > a.started_at - interval '1 second' and b.started_at <= a.started_at) as n from mail.outbox a) c`,
  );
  expect(rows[0]?.most).toBeLessThanOrEqual(10);
  expect((await server.rows()).every(({ attempts }) => attempts === 1)).toBe(true);
});

test("a mail in the hands of a dead process is sent by another, and arrives once", async () => {
  const id = await hello("orphan@example.com");
  await server.db.pool.query(
    "update mail.outbox set state = 'sending', attempts = 1, claim = 'run_gone', lease_until = now() - interval '1 s'",
  );
  await server.deliver();
  expect(await server.rows()).toMatchObject([{ id, state: "sent", attempts: 2 }]);
  expect(await server.boxed("orphan@example.com")).toHaveLength(1);
});

test("a process that is stopped gives its mails back uncounted", async () => {
  await fault("timeout", { params: { ms: 30_000 }, times: 1 });
  await hello("stopped@example.com");
  const stopping = new AbortController();
  const delivering = server.mail.deliver(stopping.signal);
  const asked = async () =>
    (await server.control<{ data: { times: number }[] }>("GET", "/faults")).data[0]?.times;
  while ((await asked()) !== 0) await delay(5);
  stopping.abort();
  await delivering;
  expect(await server.rows()).toMatchObject([{ state: "waiting", attempts: 0, claim: null }]);
  await server.deliver();
  expect(await states()).toEqual(["sent"]);
});

test("one slow mail holds up no other", async () => {
  await fault("timeout", { params: { ms: 1_500 }, match: { body: "slow@example.com" }, times: 1 });
  await hello("slow@example.com");
  const delivering = server.deliver();
  while (!(await states()).includes("sending")) await delay(5);
  await hello("quick@example.com");
  await server.mailbox("quick@example.com");
  expect(await states()).toContain("sending");
  await delivering;
});

test("mails that ended a month ago are forgotten, waiting ones never", async () => {
  await hello("old@example.com");
  await server.deliver();
  await hello("waiting@example.com");
  server.clock.advance(31 * 24 * 60 * MINUTE_MS);
  await server.mail.purge();
  expect(await server.rows()).toMatchObject([{ address: "waiting@example.com" }]);
});
