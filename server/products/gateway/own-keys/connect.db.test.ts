/** A key from OpenRouter by browser: good once, for ten minutes, for the organization that began. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { agreeAtOpenRouter } from "../../../../test/harness/openrouter-page.ts";

const clock = manualClock(new Date());
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ clock });
});
afterAll(() => app.close());

const CONNECT = "/api/llm/provider-keys/connect/openrouter";
async function begin(): Promise<string> {
  const { status, text, body } = await app.owner.call<{ url: string }>("POST", CONNECT);
  expect(status, text).toBe(200);
  return body.url;
}
const agree = async () => agreeAtOpenRouter(await begin(), app.credentials.openrouter.api_key);
const finish = (body: Json, who = app.owner) => who.call("POST", `${CONNECT}/finish`, { body });
const fault = ({ status, body }: { status: number; body: Json }) => [
  status,
  (body["errors"] as { pointer: string }[] | undefined)?.[0]?.pointer,
];

test("the key that somebody came back with is kept, and the next one replaces it; a state is good once", async () => {
  const first = await agree();
  const added = await finish(first);
  expect(added.status, added.text).toBe(200);
  expect(added.body).toMatchObject({ provider: "openrouter", state: "ok", use: "prefer" });
  expect(fault(await finish(first))).toEqual([422, "/state"]);
  const replaced = await finish(await agree());
  expect(replaced.body["id"]).toBe(added.body["id"]);
  expect(replaced.body["secret_last4"]).not.toBe(added.body["secret_last4"]);
});

test("a state of another organization, one that is over, and a code of another state give nothing", async () => {
  const theirs = await agree();
  expect(fault(await finish(theirs, await app.neighbour()))).toEqual([422, "/state"]);
  const late = await agree();
  clock.advance(600_000);
  expect(fault(await finish(late))).toEqual([422, "/state"]);
  const { code } = await agree();
  const { state } = await agree();
  expect(fault(await finish({ state, code }))).toEqual([422, "/code"]);
});
