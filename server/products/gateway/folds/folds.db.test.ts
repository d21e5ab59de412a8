/** A call whose connection is lost and that its SDK sends again: one hold, one charge, and the answer all the same. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

const clock = manualClock(new Date());
let gateway: TestGateway;
let wire: Server;
let other: Client;
const sockets = new Set<Socket>();
let connections = 0;
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
  other = (await gateway.app.createKey(gateway.app.owner, { limits: { rpm: 0 } })).client;
  const { hostname, port } = new URL(gateway.app.url);
  wire = createServer((near) => {
    connections += 1;
    const far = connect(Number(port), hostname);
    for (const [one, another] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one.pipe(another));
      one.on("error", () => another.destroy()).on("close", () => another.destroy());
    }
  }).listen(0, "127.0.0.1");
  await fold(true);
});
afterAll(async () => {
  cut();
  wire.close();
  await gateway.close();
});
const fold = async (fold_retries: boolean) => {
  const { status } = await gateway.app.owner.call("PUT", "/api/llm/policy", { body: { fold_retries } });
  expect(status).toBe(200);
};
/** Loses all connections under way. */
const cut = () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
};
const sdk = (maxRetries: number) => {
  const { port } = wire.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: gateway.secret, maxRetries });
};
const model = "openai/gpt-4o-mini";
const asking = (content: string) => ({ model, messages: [{ role: "user" as const, content }] });
const held = (count: number) =>
  gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === count);
const letGo = async () => {
  await gateway.settings({ hold: null });
  await gateway.release("here", false);
};
const counts = async () => [(await gateway.requests()).length, (await gateway.bill()).length];
const settled = () =>
  gateway.until("all are settled", async () => (await gateway.balance()).held_count === 0);
const drops = async () => (await gateway.app.sql("select 1 from gateway.dropped_calls")).length;
const retry = (body: Json, who: Client = gateway.key, headers: Record<string, string> = {}) =>
  who.call("POST", "/v1/chat/completions", {
    body,
    headers: { "x-stainless-retry-count": "1", ...headers },
    idempotencyKey: null,
  });
/** Starts a call that hangs upstream and whose caller leaves. */
async function dropped(content: string): Promise<void> {
  await gateway.settings({ hold: "here" });
  const lost = sdk(0).chat.completions.create(asking(content));
  lost.catch(() => undefined);
  await held(1);
  cut();
  await expect(lost).rejects.toThrow(/Connection/);
  await gateway.until("the drop is noted", async () => (await drops()) === 1);
}

test("the retry of a call that still runs waits for it: one hold, one bill, one charge", async () => {
  const [requests = 0, bills = 0] = await counts();
  const { settled_micros: before } = await gateway.balance();
  await gateway.settings({ hold: "here" });
  const answer = sdk(2).chat.completions.create(asking("Say 'once'"));
  await held(1);
  const sofar = connections;
  cut();
  await gateway.until("the SDK comes back", async () => connections > sofar);
  await letGo();
  expect((await answer).choices[0]?.message.content).toContain("once");
  expect(await counts()).toEqual([requests + 1, bills + 1]);
  await settled();
  const [charged] = await gateway.app.sql<{ cost_micros: string; outcome: string }>(
    "select cost_micros, outcome from gateway.requests order by created_at desc, id desc limit 1",
  );
  expect(charged).toMatchObject({ outcome: "disconnected" });
  expect(before - (await gateway.balance()).settled_micros).toBe(Number(charged?.cost_micros));
  await gateway.until("nobody joins it again", async () => (await drops()) === 0);
});

test("a stream is joined likewise, by the chunks it would have had", async () => {
  const [requests = 0] = await counts();
  await gateway.settings({ hold: "here" });
  const answer = sdk(2).chat.completions.create({ ...asking("Say 'in pieces'"), stream: true });
  await held(1);
  const sofar = connections;
  cut();
  await gateway.until("the SDK comes back", async () => connections > sofar);
  await letGo();
  let text = "";
  for await (const chunk of await answer) text += chunk.choices[0]?.delta.content ?? "";
  expect(text).toContain("in pieces");
  expect((await counts())[0]).toBe(requests + 1);
});

test("a retry after the end gets the kept answer; another key, another body and a first try do not", async () => {
  await dropped("Say 'later'");
  await letGo();
  await settled();
  const [requests = 0] = await counts();
  expect((await retry(asking("Say 'late'"))).headers.get("idempotency-replayed")).toBeNull();
  expect((await retry(asking("Say 'later'"), other)).headers.get("idempotency-replayed")).toBeNull();
  const first = await retry(asking("Say 'later'"), gateway.key, { "x-stainless-retry-count": "0" });
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect((await counts())[0]).toBe(requests + 3);
  const joined = await retry(asking("Say 'later'"));
  expect([joined.status, joined.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
  expect(joined.text).toContain("later");
  expect((await counts())[0]).toBe(requests + 3);
  await gateway.until("it was given", async () => (await drops()) === 0);
  expect((await retry(asking("Say 'later'"))).headers.get("idempotency-replayed")).toBeNull();
});

test("while another process has the call, 409 with a time to come back", async () => {
  await gateway.settings({ hold: "here" });
  const running = gateway.key.call("POST", "/v1/chat/completions", {
    body: asking("Say 'elsewhere'"),
    idempotencyKey: null,
  });
  await held(1);
  // As that process would have noted it; this one knows of no drop.
  await gateway.app.sql(
    `insert into gateway.dropped_calls select org_id, id, credential_id, sha256($1::bytea), $2
     from gateway.requests where state = 'open'`,
    [Buffer.from(JSON.stringify(asking("Say 'elsewhere'"))), clock.now()],
  );
  const early = await retry(asking("Say 'elsewhere'"));
  expect([early.status, early.body, early.headers.get("retry-after")]).toMatchObject([
    409,
    { error: { code: "request_in_progress" } },
    "1",
  ]);
  await letGo();
  const text = (await running).text;
  expect((await retry(asking("Say 'elsewhere'"))).text).toBe(text);
});

test("two minutes after the drop, or where the organization does not fold, a retry is a call of its own", async () => {
  await dropped("Say 'old'");
  await letGo();
  await settled();
  clock.advance(120_000);
  expect((await retry(asking("Say 'old'"))).headers.get("idempotency-replayed")).toBeNull();

  await fold(false);
  await gateway.settings({ hold: "here" });
  const lost = sdk(0).chat.completions.create(asking("Say 'off'"));
  lost.catch(() => undefined);
  await held(1);
  cut();
  await expect(lost).rejects.toThrow(/Connection/);
  await letGo();
  await settled();
  expect((await retry(asking("Say 'off'"))).headers.get("idempotency-replayed")).toBeNull();
});
