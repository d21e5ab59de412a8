import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";
import { startRelay } from "../../../../test/harness/relay.ts";
import { withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { changeEndpoint, rotateSecret } from "./endpoints/change-endpoint.ts";
import { replayMessages, resendMessage } from "./messages/resend.ts";

const t = await startRelay();
afterAll(() => t.close());

const HOUR = 3_600_000;
const by = (orgId: ReturnType<typeof newId<"org">>) => ({ orgId, mode: "test", actorId: "system" }) as const;
const messagesOf = (endpoint: string) =>
  t.sql<{ id: string; state: string; tries: number; object_version: string; event_id: string }>(
    "select id, state, tries, object_version, event_id from payments.outbound_messages where endpoint_id = $1 order by id",
    [endpoint],
  );

test("a message is there with its transaction or not at all, signed, with the versions of its object growing", async () => {
  const org = newId("org");
  const { id, secret } = await t.endpoint(org, "signed");
  await t.hook("signed", { answer: "200", secret });
  const undone = withTx(t.db, org, async (tx) => {
    await t.relay.announce(tx, org, [
      { mode: "test", type: "credits.granted", objectId: "grt_1", object: () => ({}) },
    ]);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  for (let count = 0; count < 3; count += 1) await t.announce(org, "grt_1");
  await t.announce(org, "grt_1", "credits.expired");
  await t.deliver();
  const came = await t.came("signed");
  // The receiver's clock is the real one, so only the time may be wrong of what was signed with the moved one.
  expect(came.map(({ fault }) => fault)).toEqual(["too_old", "too_old", "too_old"]);
  const bodies = came.map(({ body }) => JSON.parse(body));
  expect(bodies.map(({ object_version }) => object_version).toSorted()).toEqual([1, 2, 3]);
  expect(bodies[0]).toEqual({
    id: came[0]?.webhook_id,
    type: "credits.granted",
    timestamp: "2026-03-01T12:00:00.000Z",
    object_version: expect.any(Number),
    data: { object: { id: "grt_1" } },
  });
  expect((await messagesOf(id)).map(({ state }) => state)).toEqual(["delivered", "delivered", "delivered"]);
});

test("a receiver that is down for two days gets each message, and its failures are not enough to turn it off", async () => {
  const org = newId("org");
  const { id, secret } = await t.endpoint(org, "down");
  await t.hook("down", { answer: "500", secret });
  const until = t.clock.now().getTime() + 48 * HOUR;
  for (let count = 0; t.clock.now().getTime() < until; count += 1) {
    if (count % 4 === 0) await t.announce(org);
    await t.deliver();
    t.clock.advance(HOUR);
  }
  await t.hook("down", { answer: "200", secret });
  const before = await t.came("down");
  const sent = await messagesOf(id);
  expect(sent.length).toBe(12);
  expect(sent.every(({ state }) => state === "pending")).toBe(true);
  for (let hours = 0; hours < 24; hours += 1) {
    t.clock.advance(HOUR);
    await t.deliver();
  }
  const after = await messagesOf(id);
  expect(after.map(({ state }) => state)).toEqual(after.map(() => "delivered"));
  const got = (await t.came("down")).slice(before.length).map(({ webhook_id }) => webhook_id);
  expect(got.toSorted()).toEqual(after.map(({ event_id }) => event_id).toSorted());
}, 120_000);

test("after ten attempts a message has failed; five days of failures only turn the endpoint off and tell its owner", async () => {
  const org = newId("org");
  const { id } = await t.endpoint(org, "broken");
  await t.hook("broken", { answer: "500" });
  await t.announce(org);
  const began = t.clock.now().getTime();
  // With every wait at its longest, the last attempt is made after 102 hours.
  for (let step = 0; step < 55 && (await messagesOf(id))[0]?.state !== "failed"; step += 1) {
    await t.deliver();
    t.clock.advance(2 * HOUR);
  }
  expect(await messagesOf(id)).toMatchObject([{ state: "failed", tries: 10 }]);
  const state = () =>
    t.sql("select enabled, disabled_reason from payments.outbound_endpoints where id = $1", [id]);
  expect(await state()).toEqual([{ enabled: true, disabled_reason: null }]);
  t.clock.advance(began + 121 * HOUR - t.clock.now().getTime());
  await t.announce(org);
  await t.announce(org);
  await t.deliver();
  expect(await state()).toEqual([{ enabled: false, disabled_reason: "failing" }]);
  await t.announce(org);
  expect((await messagesOf(id)).map((row) => row.state)).toEqual(["failed", "failed", "failed"]);
  // Turned on again, what it missed is sent on demand.
  await changeEndpoint(t.relay.deps, by(org), id, { enabled: true });
  await t.hook("broken", { answer: "200" });
  const range = { from: new Date(0), to: new Date(t.clock.now().getTime() + 1), onlyFailed: true };
  expect(await replayMessages(t.relay, by(org), id, range)).toBe(3);
  await t.deliver();
  expect((await messagesOf(id)).map((row) => row.state)).toEqual(["delivered", "delivered", "delivered"]);
}, 60_000);

test("410 turns it off at once; a redirect is not followed; what never answers times out; Retry-After is kept", async () => {
  const org = newId("org");
  const answers = { gone: "410", moved: "302", silent: "never", busy: "429" } as const;
  const ids = new Map<string, string>();
  for (const [name, answer] of Object.entries(answers)) {
    ids.set(name, (await t.endpoint(org, name)).id);
    await t.hook(name, { answer, ...(name === "busy" ? { retry_after: 3_600 } : {}) });
  }
  await t.announce(org);
  await t.deliver();
  const attempts = await t.sql(
    `select m.endpoint_id, a.status, a.error, a.answer, m.state, m.due_at from payments.outbound_attempts a
     join payments.outbound_messages m on m.id = a.message_id where m.org_id = $1`,
    [org],
  );
  const of = (name: string) => attempts.find((row) => row.endpoint_id === ids.get(name));
  expect(of("gone")).toMatchObject({ status: 410, error: "status", state: "failed", answer: '{"ok":false}' });
  expect(of("moved")).toMatchObject({ status: 302, error: "redirect", state: "pending" });
  expect(of("silent")).toMatchObject({ status: null, error: "timeout", state: "pending" });
  expect(of("busy")).toMatchObject({ status: 429, due_at: new Date(t.clock.now().getTime() + HOUR) });
  expect(
    await t.sql("select disabled_reason from payments.outbound_endpoints where id = $1", [ids.get("gone")]),
  ).toEqual([{ disabled_reason: "gone" }]);
});

test("an address inside this network is refused where the connection is made, whatever its name", async () => {
  let reached = 0;
  const inside = createServer((_, answer) => void ((reached += 1), answer.end()));
  await new Promise<void>((done) => void inside.listen(0, "127.0.0.1", done));
  const { port } = inside.address() as AddressInfo;
  const org = newId("org");
  await expect(t.endpoint(org, "x", { url: `https://127.0.0.1:${port}/` })).rejects.toThrow();
  const { id } = await t.endpoint(org, "x", { url: `https://localhost:${port}/` });
  await t.announce(org);
  await t.deliver();
  const [attempt] = await t.sql(
    `select a.error, a.status from payments.outbound_attempts a join payments.outbound_messages m on m.id = a.message_id
     where m.endpoint_id = $1`,
    [id],
  );
  expect([attempt, reached]).toEqual([{ error: "private_address", status: null }, 0]);
  inside.close();
});

test("ordered: one at a time per object and in order, others meanwhile; four at once per endpoint", async () => {
  const org = newId("org");
  const { id } = await t.endpoint(org, "ordered", { ordered: true });
  await t.hook("ordered", { answer: "500" });
  for (let count = 0; count < 5; count += 1) await t.announce(org, "grt_a");
  await t.announce(org, "grt_b");
  await t.deliver();
  expect((await messagesOf(id)).map(({ tries }) => tries)).toEqual([1, 0, 0, 0, 0, 1]);
  await t.hook("ordered", { answer: "200" });
  t.clock.advance(60_000);
  await t.deliver();
  const versions = (await t.came("ordered"))
    .slice(2)
    .map(({ body }) => JSON.parse(body))
    .filter(({ data }) => data.object.id === "grt_a")
    .map(({ object_version }) => object_version);
  expect(versions).toEqual([1, 2, 3, 4, 5]);

  const { id: crowded } = await t.endpoint(newId("org"), "crowded");
  const [row] = await t.sql<{ org_id: typeof org }>(
    "select org_id from payments.outbound_endpoints where id = $1",
    [crowded],
  );
  await t.hook("crowded", { answer: "never" });
  for (let count = 0; count < 9; count += 1) await t.announce(row?.org_id ?? org);
  await t.start();
  expect((await messagesOf(crowded)).filter(({ state }) => state === "sending")).toHaveLength(4);
  await t.hook("crowded", { answer: "200" });
  await t.deliver();
});

test("after a rotation both secrets sign for a day; one message is sent again as it was", async () => {
  const org = newId("org");
  const { id, secret } = await t.endpoint(org, "rolled");
  const rotated = await rotateSecret(t.relay.deps, by(org), id);
  const seen = async (known: string) => {
    await t.hook("rolled", { answer: "200", secret: known });
    await t.announce(org);
    await t.deliver();
    return (await t.came("rolled")).at(-1)?.fault;
  };
  expect([await seen(secret), await seen(rotated.secret)]).toEqual(
    ["too_new", "too_new"].map(() => expect.stringMatching(/^too_/)),
  );
  t.clock.advance(24 * HOUR + 1);
  expect([await seen(secret), await seen(rotated.secret)]).toEqual([
    "no_match",
    expect.stringMatching(/^too_/),
  ]);
  const [first] = await messagesOf(id);
  const before = await t.came("rolled");
  await resendMessage(t.relay, by(org), first!.id as `msg_${string}`);
  await expect(resendMessage(t.relay, by(org), first!.id as `msg_${string}`)).rejects.toThrow();
  await t.deliver();
  const again = (await t.came("rolled")).at(-1);
  expect(again?.body).toBe(before[0]?.body);
  expect(again?.webhook_id).toBe(before[0]?.webhook_id);
});

test("what ended 30 days ago is forgotten, with what was answered", async () => {
  t.clock.advance(31 * 24 * HOUR);
  await t.relay.purge();
  const left = await t.sql<{ n: number }>(
    "select count(*)::int as n from payments.outbound_messages where state in ('delivered', 'failed')",
  );
  const answers = await t.sql<{ n: number }>(
    `select count(*)::int as n from payments.outbound_attempts a
     where not exists (select from payments.outbound_messages m where m.id = a.message_id)`,
  );
  expect([left[0]?.n, answers[0]?.n]).toEqual([0, 0]);
});
