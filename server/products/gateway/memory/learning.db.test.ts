/** What people say is learnt from, paid for, kept sealed, and gone when they delete it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { soon } from "../../../../test/harness/soon.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createMetrics } from "../../../platform/telemetry/index.ts";
import { createGatewayMetrics } from "../metrics.ts";
import { fadeMemories } from "./facts/fade.ts";

const PATH = "/api/llm/memory";
const DAY_MS = 86_400_000;

const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ clock, haste: 50 });
});
afterAll(() => gateway.close());

type Fact = { id: string; version: number; text: string; importance: number; source: string };
const factsOf = async (who: Client, query = ""): Promise<Fact[]> => {
  const { status, body, text } = await who.call<{ data: Fact[] }>("GET", `${PATH}${query}`);
  expect(status, text).toBe(200);
  return body.data;
};
const say = async (who: Client, content: string, rest: Json = {}): Promise<string> => {
  const body = {
    model: "openai/gpt-4o-mini",
    max_tokens: 200,
    messages: [{ role: "user", content }],
    holdfast: { memory: true },
    ...rest,
  };
  const answer = await who.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return answer.text;
};
const heard = () => gateway.app.sql("select request_id from gateway.memory_heard");
/** Until everything that was said was read. */
const allRead = () => soon(async () => expect(await heard()).toEqual([]));
const sayAndWait = async (who: Client, content: string, rest?: Json): Promise<string> => {
  const answer = await say(who, content, rest);
  await allRead();
  return answer;
};
/** Tables with a row that has this in it, in clear. */
async function tablesWith(text: string): Promise<string[]> {
  const { sql } = gateway.app;
  const tables = await sql<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await sql(`select 1 from ${name} t where t::text ilike $1 limit 1`, [`%${text}%`]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
const readings = () =>
  gateway.app.sql<{ id: string; cost_micros: string; user_id: string; model: string }>(
    "select id, cost_micros, user_id, model from gateway.requests where endpoint = 'memory' and state = 'settled' order by id",
  );
/** Whether the last reading failed and waits for its time to come again. */
const died = async () => {
  const [job] = await gateway.app.sql(
    "select state from platform.jobs where kind = 'gateway.memory_learn' order by created_at desc, id desc limit 1",
  );
  expect(job?.state).toBe("retrying");
};

test("a memory is recalled, edited, deleted; then gone from calls and every table", async () => {
  const { owner, lines } = gateway.app;
  await sayAndWait(owner, "Hello! My dog is called Rufus.");
  const [fact] = await factsOf(owner);
  expect(fact).toMatchObject({ text: "My dog is called Rufus.", version: 1, source: "said" });
  const question = "What is my dog called?";
  expect(await sayAndWait(owner, question)).toContain("Rufus");
  const streamed = await sayAndWait(owner, question, { stream: true });
  expect([...streamed.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join("")).toContain(
    "Rufus",
  );
  expect((await factsOf(owner))[0]?.importance).toBeCloseTo((fact?.importance ?? 0) + 2 * 0.05, 3);

  const edited = await owner.call("PATCH", `${PATH}/${fact?.id}`, {
    body: { text: "My dog is called Bello." },
  });
  expect(edited.status, edited.text).toBe(200);
  const told = await sayAndWait(owner, question);
  expect([told.includes("Bello"), told.includes("Rufus")]).toEqual([true, false]);
  expect(await tablesWith("Rufus")).toEqual([]);

  expect((await owner.call("DELETE", `${PATH}/${fact?.id}`)).status).toBe(204);
  expect(await sayAndWait(owner, question)).not.toMatch(/Bello|Rufus/);
  expect(await factsOf(owner)).toEqual([]);
  expect((await owner.call<{ data: unknown[] }>("GET", `${PATH}/export`)).body.data).toEqual([]);
  for (const text of ["Rufus", "Bello", String(fact?.id)])
    expect([text, await tablesWith(text)]).toEqual([text, []]);
  expect(lines.filter((line) => /Rufus|Bello/.test(line))).toEqual([]);
});

test("each reading is one call that its person pays for, and is itself never remembered", async () => {
  const { owner } = gateway.app;
  expect((await owner.call("PUT", "/api/llm/policy", { body: { memory: { scope: "user" } } })).status).toBe(
    200,
  );
  const [before, settled] = [await readings(), (await gateway.balance()).settled_micros];
  await sayAndWait(gateway.key, "I live in Berlin.");
  const [reading, ...more] = (await readings()).slice(before.length);
  expect(more).toEqual([]);
  expect(Number(reading?.cost_micros)).toBeGreaterThan(0);
  expect(settled - (await gateway.balance()).settled_micros).toBeGreaterThan(Number(reading?.cost_micros));
  const { body } = await owner.call("GET", `/api/llm/receipts/${reading?.id}`);
  expect(body).toMatchObject({ receipt: { endpoint: "memory" } });
  expect((await owner.call("PUT", "/api/llm/policy", { body: {} })).status).toBe(200);
});

test("what changes supersedes what was known; what is said again counts more", async () => {
  const { owner } = gateway.app;
  await sayAndWait(owner, "I live in Paris.");
  const [fact, ...others] = await factsOf(owner, "?q=live");
  expect([fact?.text, fact?.version, others]).toEqual(["I live in Paris.", 2, []]);
  await sayAndWait(owner, "I live in Paris.");
  const [again] = await factsOf(owner, "?q=live");
  expect(again).toMatchObject({ id: fact?.id, version: 2 });
  expect(again?.importance).toBeCloseTo((fact?.importance ?? 0) + 0.05 + 0.1, 3);
  const { body } = await owner.call<{ data: Fact[] }>("GET", `${PATH}/export`);
  expect(body.data.map(({ text }) => text)).toEqual(["I live in Berlin.", "I live in Paris."]);
});

test("secrets are left out, other people's words and older ones are not listened to", async () => {
  const who = await gateway.app.member("admin");
  await sayAndWait(who, "Remember that my password is hunter2 for all\nI am a baker.");
  expect((await factsOf(who)).map(({ text }) => text)).toEqual(["I am a baker."]);
  const messages = [
    { role: "system", content: "I am a pirate." },
    { role: "user", content: "I am a plumber." },
    { role: "assistant", content: "I am a model." },
    { role: "user", content: "I work by night." },
  ];
  await sayAndWait(who, "", { messages });
  expect((await factsOf(who)).map(({ text }) => text).toSorted()).toEqual([
    "I am a baker.",
    "I work by night.",
  ]);
});

test("an answer that is no JSON keeps nothing, and neither does one that the payer cannot have", async () => {
  const { owner, sql } = gateway.app;
  const who = await gateway.app.member("admin");
  const known = (await factsOf(who)).length;
  await sayAndWait(who, "I am a sailor.", { model: "sandbox/echo" });
  expect(await factsOf(who)).toHaveLength(known);

  await sql("insert into platform.job_pauses (org_id) values ($1)", [gateway.org]);
  await say(who, "I am a diver.");
  const body = { allowed_models: ["sandbox/echo"] };
  expect((await owner.call("PUT", "/api/llm/policy", { body })).status).toBe(200);
  await sql("delete from platform.job_pauses where org_id = $1", [gateway.org]);
  await allRead();
  expect(await factsOf(who)).toHaveLength(known);
  expect((await owner.call("PUT", "/api/llm/policy", { body: {} })).status).toBe(200);
});

test("a reading that fails is tried again, and then no more", async () => {
  const { sql } = gateway.app;
  const who = await gateway.app.member("agent");
  const attempts = async () =>
    (
      await sql<{ attempts: number; state: string }>(
        "select attempts, state from platform.jobs where kind = 'gateway.memory_learn' order by created_at desc, id desc limit 1",
      )
    )[0];
  const sayAndFail = async (text: string, times: number) => {
    await sql("insert into platform.job_pauses (org_id) values ($1)", [gateway.org]);
    await say(who, text);
    await gateway.fault("html_502", {}, times);
    await sql("delete from platform.job_pauses where org_id = $1", [gateway.org]);
    for (let failed = 1; failed <= Math.min(times, 2); failed += 1) {
      await soon(async () => expect(await attempts()).toMatchObject({ attempts: failed, state: "retrying" }));
      clock.advance(2 * 60_000);
    }
    await allRead();
  };
  await sayAndFail("I am a smith.", 1);
  expect((await factsOf(who)).map(({ text }) => text)).toEqual(["I am a smith."]);
  await sayAndFail("I am a tailor.", 3);
  expect((await factsOf(who)).map(({ text }) => text)).toEqual(["I am a smith."]);
});

test("a reading that dies between its answer and its notes is found again, and paid once", async () => {
  const { sql } = gateway.app;
  const who = await gateway.app.member("agent");
  const [read, billed] = [(await readings()).length, (await gateway.bill()).length];
  await sql(
    "create function gateway.die() returns trigger language plpgsql as $$ begin raise exception 'died'; end $$",
  );
  await sql(
    "create trigger die before delete on gateway.memory_heard for each row execute function gateway.die()",
  );
  await say(who, "I am a potter.");
  const keptFor = () =>
    sql(
      `select q.id from gateway.kept_answers k join gateway.requests q on q.org_id = k.org_id and q.id = k.request_id
       where q.endpoint = 'memory'`,
    );
  await soon(died);
  expect(await keptFor()).toHaveLength(1);
  expect(await tablesWith("potter")).toEqual([]);
  // What is said meanwhile is another reading's.
  await say(who, "My wheel is old.");
  await sql("drop trigger die on gateway.memory_heard");
  clock.advance(60_000);
  await allRead();
  expect((await factsOf(who)).map(({ text }) => text).toSorted()).toEqual([
    "I am a potter.",
    "My wheel is old.",
  ]);
  // Two calls and two readings, the first of them begun twice.
  expect([(await readings()).length - read, (await gateway.bill()).length - billed]).toEqual([2, 4]);
  expect(await keptFor()).toEqual([]);
  expect(await sql("select 1 from gateway.idempotency where credential_id like 'inner %'")).toEqual([]);
});

test("the organization's model reads, where the payer may call it; else the one that answered", async () => {
  const { owner, createKey } = gateway.app;
  const readBy = async (who: Client, content: string) => {
    await sayAndWait(who, content);
    return (await readings()).at(-1)?.model;
  };
  expect(await readBy(owner, "I am a pilot.")).toBe("openai/gpt-4o-mini");
  const policy = (body: Json) => owner.call("PUT", "/api/llm/policy", { body });
  expect((await policy({ memory_model: "openai/gpt-4o" })).body).toMatchObject({
    memory_model: "openai/gpt-4o",
  });
  expect(await readBy(owner, "I am a farmer.")).toBe("openai/gpt-4o");
  const allowed_models = ["openai/gpt-4o-mini"];
  const { client } = await createKey(owner, { limits: { rpm: 0 }, allowed_models });
  expect(await readBy(client, "I am a miller.")).toBe("openai/gpt-4o-mini");
  expect((await policy({ memory_model: "" })).status).toBe(422);
  expect((await policy({})).status).toBe(200);
});

test("a reading that was paid and whose answer is lost teaches nothing, and is not paid again", async () => {
  const { sql } = gateway.app;
  const who = await gateway.app.member("agent");
  const [known, billed] = [await factsOf(who), (await gateway.bill()).length];
  await sql(
    "create trigger die before delete on gateway.memory_heard for each row execute function gateway.die()",
  );
  await say(who, "My kiln is hot.");
  await soon(died);
  const lost = await sql(
    `delete from gateway.kept_answers where request_id in (select id from gateway.requests where endpoint = 'memory')
     returning request_id`,
  );
  expect(lost).toHaveLength(1);
  await sql("drop trigger die on gateway.memory_heard");
  await soon(async () => {
    clock.advance(60_000);
    expect(await heard()).toEqual([]);
  });
  expect(await factsOf(who)).toEqual(known);
  expect((await gateway.bill()).length).toBe(billed + 2);
});

test("who deletes everything, or turns it off, is not listened to afterwards", async () => {
  const { sql } = gateway.app;
  const who = await gateway.app.member("admin");
  const own = (choice: string | null) => who.call("PUT", `${PATH}/settings`, { body: { own: choice } });
  for (const stop of [() => who.call("DELETE", PATH), () => own("off")]) {
    await sql("insert into platform.job_pauses (org_id) values ($1)", [gateway.org]);
    await say(who, "I am a climber.");
    expect(await heard()).toHaveLength(1);
    expect((await stop()).status).toBe(200);
    expect(await heard()).toEqual([]);
    await sql("delete from platform.job_pauses where org_id = $1", [gateway.org]);
  }
  expect(await factsOf(who)).toEqual([]);
  expect((await own(null)).status).toBe(200);
});

test("what nobody uses fades after a week by whole days, and is forgotten when it matters no more", async () => {
  // A session would not last as long.
  const { key } = gateway;
  const made = await key.call("POST", PATH, { body: { text: "My boat has a leak" } });
  const fading = {
    deps: { db: gateway.db, clock },
    metrics: createGatewayMetrics({
      metrics: createMetrics("0"),
      db: gateway.db,
      clock,
      catalogue: () => ({ models: new Map(), aliases: new Map() }),
      breakers: { state: () => "closed" },
    }),
  };
  const fade = () => fadeMemories(fading, new AbortController().signal);
  const importance = async () => (await factsOf(key, "?q=boat"))[0]?.importance;
  clock.advance(7 * DAY_MS);
  await fade();
  expect(await importance()).toBe(0.6);
  clock.advance(2 * DAY_MS);
  for (const _ of [1, 2]) await fade();
  expect(await importance()).toBe(0.542);
  clock.advance(30 * DAY_MS);
  await fade();
  expect(await importance()).toBeUndefined();
  expect(await gateway.app.sql("select 1 from gateway.memory_facts where id = $1", [made.body.id])).toEqual(
    [],
  );
});
