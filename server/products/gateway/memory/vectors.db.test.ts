/** With an embedding model what is remembered is found by what it is about: made and asked for by paid calls, sealed, never waited for long. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { KEYRING } from "../../../../test/harness/people.ts";
import { soon } from "../../../../test/harness/soon.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { openVector, sealFact, sealVector } from "./facts/fact.ts";
import type { FactId } from "./facts/place.ts";
import { insertFact } from "./facts/store.ts";

const PATH = "/api/llm/memory";
const EMBEDDINGS = { match: { path: "/api/v1/embeddings" } };
const MODEL = "openai/text-embedding-3-small";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ haste: 20, env: { GATEWAY_MEMORY_EMBEDDING_MODEL: MODEL } });
});
afterAll(() => gateway.close());

const write = async (who: Client, text: string): Promise<string> => {
  const made = await who.call("POST", PATH, { body: { text } });
  expect(made.status, made.text).toBe(201);
  return String(made.body.id);
};
const vectors = (id: string) =>
  gateway.app.sql<{ version: number; vector: Buffer | null }>(
    "select version, vector from gateway.memory_facts where id = $1 order by version",
    [id],
  );
/** The paid calls for vectors, in order. */
const paid = () =>
  gateway.app.sql<{ cost_usd: string; state: string }>(
    "select cost_usd, state from gateway.requests where endpoint = 'memory' and model = $1 order by created_at, id",
    [MODEL],
  );
const pauseLearning = () =>
  gateway.app.sql("insert into platform.job_pauses (org_id) values ($1)", [gateway.org]);
/** What is put into a call with this question. */
async function recalledBy(who: Client, content: string): Promise<string[]> {
  const body: Json = {
    model: "openai/gpt-4o-mini",
    max_tokens: 20,
    messages: [{ role: "user", content }],
    holdfast: { memory: true },
  };
  const answer = await who.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  const [row] = await gateway.app.sql<{ recalled: string[] }>(
    "select recalled from gateway.memory_heard where request_id = $1",
    [answer.headers.get("x-request-id")],
  );
  return row?.recalled ?? [];
}

const QUESTION = "Which boat lies in the harbour?";
/** By words it is as good as five newer ones that say much else as well, and the last of them. */
async function sixFacts(who: Client): Promise<string> {
  const best = await write(who, "The boat lies in the harbour");
  for (const at of ["oak", "elm", "ash", "fir", "yew"])
    await write(
      who,
      `A boat of ${at} lies in the harbour where uncle Otto sold herring, nets, lamps and barrels every winter`,
    );
  return best;
}

test("a fact that is nearer to the question comes first, at the price of one call more, and a quote asks for none", async () => {
  await pauseLearning();
  const who = await gateway.app.member("admin");
  const best = await sixFacts(who);
  expect(await paid()).toHaveLength(6);
  const [made] = await vectors(best);
  expect(made?.vector?.toString("latin1")).not.toContain("text-embedding");
  expect((await recalledBy(who, QUESTION))[0]).toBe(best);
  const calls = await paid();
  expect(calls).toHaveLength(7);
  const billed = (await gateway.bill()).filter(({ model }) => model === MODEL);
  expect(calls.map(({ cost_usd, state }) => [Number(cost_usd), state])).toEqual(
    billed.map(({ cost }) => [Number(cost), "settled"]),
  );
  const body = {
    model: "openai/gpt-4o-mini",
    messages: [{ role: "user", content: QUESTION }],
    holdfast: { memory: true },
  };
  const quoted = await who.call("POST", "/api/llm/quote", { body: { path: "/v1/chat/completions", body } });
  expect(quoted.status).toBe(200);
  expect(await paid()).toHaveLength(7);
});

test.each([
  ["slow", "delay", { ms: 5_000 }],
  ["failing", "html_502", {}],
])("a %s model leaves it to the words", async (_name, fault, params) => {
  const who = await gateway.app.member("admin");
  await gateway.fault(fault, { params, ...EMBEDDINGS });
  const recalled = await recalledBy(who, QUESTION);
  expect(recalled).toHaveLength(5);
  const [best] = await gateway.app.sql<{ id: string }>(
    "select id from gateway.memory_facts order by id limit 1",
  );
  expect(recalled).not.toContain(best?.id);
  expect((await gateway.balance()).held_count).toBe(0);
});

test("an edit makes it anew, what is said no more has none, and all goes with the fact", async () => {
  const { owner } = gateway.app;
  const id = await write(owner, "My cat is grey");
  const change = (body: Json) => owner.call("PATCH", `${PATH}/${id}`, { body });
  const before = (await paid()).length;
  expect((await change({ text: "My cat is black" })).status).toBe(200);
  expect((await change({ kind: "preference" })).status).toBe(200);
  expect(await paid()).toHaveLength(before + 1);
  expect((await vectors(id)).map(({ vector }) => vector !== null)).toEqual([false, false, true]);
  expect((await owner.call("DELETE", `${PATH}/${id}`)).status).toBe(204);
  expect(await vectors(id)).toEqual([]);
  expect(
    await gateway.app.sql("select 1 from gateway.idempotency where credential_id = 'inner memory'"),
  ).toEqual([]);
});

test("a viewer, whose calls there are none of, spends nothing; nor does a call into which all is put", async () => {
  const before = (await paid()).length;
  const viewer = await gateway.app.member("viewer");
  expect((await vectors(await write(viewer, "I only look on"))).map(({ vector }) => vector)).toEqual([null]);
  const agent = await gateway.app.member("agent");
  expect(await recalledBy(agent, "Hello")).toEqual([]);
  expect(await paid()).toHaveLength(before);
});

test("what is learnt has one as well, for one call of all that was noted", async () => {
  const { sql } = gateway.app;
  const agent = await gateway.app.member("agent");
  await sql("delete from platform.job_pauses where org_id = $1", [gateway.org]);
  await soon(async () => expect(await sql("select 1 from gateway.memory_heard")).toEqual([]));
  const before = (await paid()).length;
  await recalledBy(agent, "My canoe is red. My tent is blue.");
  await soon(async () =>
    expect(
      await sql(
        `select f.vector is not null as about from gateway.memory_facts f
         where f.source = 'said' and f.valid_to is null and f.user_id = (select user_id from gateway.requests where id =
           (select id from gateway.requests where endpoint = 'chat/completions' order by created_at desc limit 1))`,
      ),
    ).toEqual([{ about: true }, { about: true }]),
  );
  expect(await paid()).toHaveLength(before + 1);
});

test("what was remembered before there was a model, or by another one, is found by what it is about once its person speaks again", async () => {
  const { sql } = gateway.app;
  const who = gateway.app.owner;
  const best = await sixFacts(who);
  const sealer = createSealer([KEYRING]);
  const mine = await sql<{ id: FactId; user_id: string; version: number }>(
    "select id, user_id, version from gateway.memory_facts where user_id = (select user_id from gateway.memory_facts where id = $1)",
    [best],
  );
  await sql("update gateway.memory_facts set vector = null where user_id = $1", [mine[0]?.user_id]);
  const [old] = mine;
  const foreign = { model: "openai/another", values: Int8Array.from([1, 2, 3]) };
  if (old)
    await sql("update gateway.memory_facts set vector = $2 where id = $1", [
      old.id,
      sealVector(sealer, gateway.org, old, foreign),
    ]);
  const before = (await paid()).length;
  await recalledBy(who, QUESTION);
  await soon(async () => expect(await sql("select 1 from gateway.memory_heard")).toEqual([]));
  const models = async () => {
    const rows = await sql<{ id: FactId; user_id: string; version: number; vector: Buffer | null }>(
      "select id, user_id, version, vector from gateway.memory_facts where user_id = $1 and source = 'written'",
      [old?.user_id],
    );
    return rows.map(
      ({ vector, ...row }) => vector && openVector(sealer, gateway.org, { ...row, vector }).model,
    );
  };
  await soon(async () => expect(await models()).toEqual(Array.from({ length: 6 }, () => MODEL)));
  // One for the question, one for all six; what the model noted of a question is nothing.
  expect(await paid()).toHaveLength(before + 2);
  expect((await recalledBy(who, QUESTION))[0]).toBe(best);
  expect(await sql("select 1 from gateway.idempotency where credential_id = 'inner memory'")).toEqual([]);
});

test("more than one call is asked for are all made anew, by a call for each hundred; what fails waits for the next time", async () => {
  const { sql } = gateway.app;
  const who = await gateway.app.member("admin");
  const count = 130;
  const first = await write(who, "Harbour number one");
  const mine = "user_id = (select user_id from gateway.memory_facts where id = $1) and source = 'written'";
  const [row] = await sql<{ user_id: UserId }>(`select user_id from gateway.memory_facts where ${mine}`, [
    first,
  ]);
  const sealer = createSealer([KEYRING]);
  const place = { userId: row?.user_id as UserId, projectId: "" };
  const fact = {
    version: 1,
    kind: "fact",
    source: "written",
    importance: 0.5,
    now: new Date(),
    vector: null,
  } as const;
  await withTx(gateway.db, gateway.org, async (tx) => {
    for (let made = 1; made < count; made += 1) {
      const words = { id: newId("mem"), text: `Harbour number ${made + 1}` };
      await insertFact(tx, gateway.org, sealFact(sealer, gateway.org, { ...fact, ...words, ...place }));
    }
  });
  await sql("update gateway.memory_facts set vector = null where id = $1", [first]);
  const without = async () => {
    const [left] = await sql<{ count: string }>(
      `select count(*) from gateway.memory_facts where vector is null and ${mine}`,
      [first],
    );
    return Number(left?.count);
  };
  const speak = async () => {
    await recalledBy(who, QUESTION);
    await soon(async () => expect(await sql("select 1 from gateway.memory_heard")).toEqual([]));
    await soon(async () =>
      expect(
        await sql("select 1 from platform.jobs where kind = 'gateway.memory_learn' and finished_at is null"),
      ).toEqual([]),
    );
  };
  // The question's, and the first hundred's.
  await gateway.fault("html_502", EMBEDDINGS, 2);
  await speak();
  expect(await without()).toBe(count);
  const before = (await paid()).length;
  await speak();
  expect(await without()).toBe(0);
  expect(await paid()).toHaveLength(before + 3);
});
