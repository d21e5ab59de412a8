/** Answers of calls under a key: given again for a day, sealed until then, and no longer than that. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { manualClock } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import { writingActions } from "../personal-data.ts";
import { forgetAnswers } from "./idempotency.ts";

const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
});
afterAll(() => gateway.close());

const DAY_MS = 24 * 3_600_000;
const send = (idempotencyKey: string, body: Json = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: "openai/gpt-4o-mini",
      max_tokens: 30,
      messages: [{ role: "user", content: "Say it" }],
      ...body,
    },
    idempotencyKey,
  });
const charged = async () => (await gateway.requests()).length;

test.each<[string, Json]>([
  ["JSON", {}],
  ["a stream", { stream: true }],
  ["a stream with usage", { stream: true, stream_options: { include_usage: true } }],
])("the same answer again: %s", async (_name, body) => {
  const key = randomUUID();
  const first = await send(key, body);
  expect(first.status, first.text).toBe(200);
  const calls = await charged();
  const again = await send(key, body);
  expect([again.status, again.text]).toEqual([200, first.text]);
  expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
  expect(again.headers.get("x-request-id")).toBe(first.headers.get("x-request-id"));
  expect(await charged()).toBe(calls);
  if (body.stream_options) expect(again.text).toMatch(/"cost_micros":\d+/);
});

test("what is kept cannot be read in the database, and belongs to its row", async () => {
  const key = randomUUID();
  await send(key, { messages: [{ role: "user", content: "A canary sings" }] });
  const rows = await gateway.app.sql<{ request_id: string; sealed: Buffer }>(
    "select request_id, sealed from gateway.kept_answers order by created_at, request_id",
  );
  for (const { sealed } of rows) expect(sealed.toString("latin1")).not.toMatch(/choices|canary|openai/);
  const [one, another] = rows.slice(-2);
  await gateway.app.sql("update gateway.kept_answers set sealed = $2 where request_id = $1", [
    another?.request_id,
    one?.sealed,
  ]);
  expect((await send(key, { messages: [{ role: "user", content: "A canary sings" }] })).status).toBe(500);
});

test("without a key nothing is kept", async () => {
  const [before] = await gateway.app.sql<{ n: string }>("select count(*) as n from gateway.kept_answers");
  await gateway.key.call("POST", "/v1/chat/completions", {
    body: { model: "sandbox/echo", max_tokens: 5, messages: [{ role: "user", content: "Hello" }] },
    idempotencyKey: null,
  });
  const [after] = await gateway.app.sql<{ n: string }>("select count(*) as n from gateway.kept_answers");
  expect(after).toEqual(before);
});

test("a day later it is gone: 409, with the receipt", async () => {
  const key = randomUUID();
  const first = await send(key);
  clock.advance(DAY_MS);
  const late = await send(key);
  const id = first.headers.get("x-request-id");
  expect([late.status, late.body.error]).toMatchObject([
    409,
    { code: "answer_not_kept", request_id: id, receipt: `/api/llm/receipts/${id}` },
  ]);
  for (let more = true; more;) more = await forgetAnswers({ db: gateway.db, clock });
  const [left] = await gateway.app.sql<{ n: number }>("select count(*)::int as n from gateway.kept_answers");
  expect(left?.n).toBe(0);
});

test("a person's answers go with the person, kept for a key or in the cache", async () => {
  const { app, db, org } = gateway;
  const [mine] = await app.sql<{ person_id: string }>(
    "select distinct person_id from gateway.requests where person_id is not null",
  );
  const left = async () => {
    const [row] = await app.sql(
      `select (select count(*)::int from gateway.kept_answers) as answers,
         (select count(*)::int from gateway.cache_entries) as entries`,
    );
    return row;
  };
  await send(randomUUID(), { holdfast: { cache: true } });
  const before = await left();
  expect(before).toEqual({ answers: expect.any(Number), entries: 1 });
  const erase = (userId: string | null) =>
    withTx(db, org, (tx) =>
      userId === null
        ? writingActions.forget(tx, org)
        : writingActions.forgetPerson(tx, org, userId as `usr_${string}`),
    );
  await erase("usr_another");
  expect(await left()).toEqual(before);
  await erase(String(mine?.person_id));
  expect(await left()).toEqual({ answers: 0, entries: 0 });
  await send(randomUUID(), { holdfast: { cache: true } });
  expect(await left()).toEqual({ answers: 1, entries: 1 });
  await erase(null);
  expect(await left()).toEqual({ answers: 0, entries: 0 });
});
