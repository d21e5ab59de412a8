/** Operators see what is held for calls that have not ended, and settle one by the provider's books before its time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { newId } from "../../../platform/ids.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

/** It stands still: nobody but the operator asks again. */
const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
});
afterAll(() => gateway.close());

type Hold = { id: string; org_id: string; state: string; held_micros: number; generation_id: string | null };
const PATH = "/api/admin/llm/holds";
const holds = async () => (await gateway.app.owner.call<{ data: Hold[] }>("GET", PATH)).body.data;
const reconcile = (id: string) =>
  gateway.app.owner.call("POST", `${PATH}/${id}/reconcile`, { idempotencyKey: null });
const call = (rest: Record<string, unknown> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: "openai/gpt-4o-mini",
      messages: [{ role: "user", content: "Tell me a story about a lighthouse and a ship, please" }],
      ...rest,
    },
    idempotencyKey: null,
  });

test("a running call is listed, and settles itself", async () => {
  await gateway.settings({ hold: "here" });
  const calling = call();
  await gateway.until("open upstream", async () => (await gateway.heldUpstream()) === 1);
  const [hold] = await holds();
  expect(hold).toMatchObject({ org_id: gateway.org, state: "open" });
  expect(hold?.held_micros).toBe((await gateway.balance()).held_micros);
  const refused = await reconcile(hold?.id ?? "");
  expect([refused.status, refused.body.code]).toEqual([409, "call_running"]);
  await gateway.settings({ hold: null });
  await gateway.release("here");
  expect((await calling).status).toBe(200);
  expect(await holds()).toEqual([]);
  expect((await reconcile(hold?.id ?? "")).status).toBe(404);
});

test("a call that the books did not tell of is settled once they do", async () => {
  await gateway.fault("cut_stream", { params: { after: 3 } });
  await gateway.fault("lookup_404", { match: { path: "/api/v1/generation" } }, 4);
  expect((await call({ stream: true })).status).toBe(200);
  const hold = await gateway.until("left to the reconciler", async () =>
    (await holds()).find(({ state }) => state === "reconciling"),
  );
  expect(hold.generation_id).not.toBeNull();
  expect((await reconcile(hold.id)).body).toMatchObject({ state: "reconciling", cost_micros: null });
  expect((await reconcile(hold.id)).body).toMatchObject({ state: "settled", basis: "reconciled" });
  const bill = (await gateway.bill()).at(-1);
  expect(Number((await gateway.requests()).at(-1)?.cost_usd)).toBe(Number(bill?.cost));
  expect(await gateway.balance()).toMatchObject({ held_micros: 0, held_count: 0 });
  expect(await holds()).toEqual([]);
});

test("a hold that nobody has is 404", async () => {
  expect((await reconcile(newId("hold"))).status).toBe(404);
});
