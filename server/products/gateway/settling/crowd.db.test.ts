import { request as httpRequest, Agent } from "node:http";
import { expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

/** CROWD=1000 is the whole size. */
const CALLS = Number(process.env["CROWD"] ?? 300);
const PAID = CALLS / 10;
const MODEL = "sandbox/hold";
/** Role-and-content bytes + 16 per message, priced at 10^-6 and 2·10^-6 USD: what one such call holds. */
const ONE_HOLD = BigInt((Buffer.byteLength("Wait") + 16) * 100 + 16 * 200);

/** All calls at once, held open upstream; `code` is how those are refused that do not fit. How many got 200 and 402. */
async function crowd(gateway: TestGateway, secret: string, code: string): Promise<number[]> {
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: "user", content: "Wait" }],
    max_tokens: 16,
  });
  const agent = new Agent({ maxSockets: CALLS });
  const send = () => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    httpRequest(`${gateway.app.url}/v1/chat/completions`, {
      method: "POST",
      agent,
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
    })
      .on("error", reject)
      .on("response", (answer) => {
        let text = "";
        answer
          .on("data", (bytes: Buffer) => (text += bytes.toString()))
          .on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      })
      .end(body);
    return promise;
  };
  const calls = Array.from({ length: CALLS }, send);
  let refused = 0;
  for (const call of calls)
    void call.then(({ status, text }) => (refused += status === 402 && text.includes(`"${code}"`) ? 1 : 0));
  await gateway.until(
    "one in ten open upstream, the others refused",
    async () => (await gateway.heldUpstream()) === PAID && refused === CALLS - PAID,
    60_000,
  );
  expect(await gateway.balance()).toMatchObject({ held_count: PAID });
  await gateway.release(MODEL);
  const answers = await Promise.all(calls);
  expect(await gateway.balance()).toMatchObject({ held_micros: 0, held_count: 0 });
  agent.destroy();
  return [200, 402].map((wanted) => answers.filter(({ status }) => status === wanted).length);
}

test("calls at once, held open upstream, on credit for one in ten: those run, the others get 402", async () => {
  const gateway = await startTestGateway({ micros: 1n });
  try {
    await gateway.fund(ONE_HOLD * BigInt(PAID) - 1n);
    const answered = await crowd(gateway, gateway.secret, "insufficient_quota");
    expect(answered).toEqual([PAID, CALLS - PAID]);
  } finally {
    await gateway.close();
  }
}, 120_000);

test("the same on a key's budget for one in ten, with credits for all", async () => {
  const gateway = await startTestGateway();
  try {
    const budget = Number(ONE_HOLD * BigInt(PAID));
    const limits = { rpm: 0, budget_daily_micros: budget };
    const { secret } = await gateway.app.createKey(gateway.app.owner, { limits });
    const answered = await crowd(gateway, secret, "key_budget_exceeded");
    expect(answered).toEqual([PAID, CALLS - PAID]);
    const [window] = await gateway.app.sql<{ spent_micros: string; billed: string }>(
      `select spent_micros, (select sum(cost_micros) from gateway.requests) as billed from gateway.budget_windows`,
    );
    expect(window?.spent_micros).toBe(window?.billed);
  } finally {
    await gateway.close();
  }
}, 120_000);
