import { request as httpRequest, Agent } from "node:http";
import { expect, test } from "vitest";
import { startTestGateway } from "../../../test/harness/gateway.ts";

const CALLS = 1_000;
const PAID = 100;

test("1,000 calls at once, held open upstream, on credit for 100: 100 run, 900 get 402", async () => {
  const gateway = await startTestGateway({ micros: 1n });
  try {
    const body = JSON.stringify({
      model: "sandbox/hold",
      messages: [{ role: "user", content: "Wait" }],
      max_tokens: 16,
    });
    const agent = new Agent({ maxSockets: CALLS });
    const send = () => {
      const { promise, resolve, reject } = Promise.withResolvers<{ status: number; held: number }>();
      httpRequest(`${gateway.app.url}/v1/chat/completions`, {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", authorization: `Bearer ${gateway.secret}` },
      })
        .on("error", reject)
        .on("response", (answer) => {
          answer.resume().on("end", () =>
            resolve({
              status: answer.statusCode ?? 0,
              held: Number(answer.headers["x-holdfast-held-micros"]),
            }),
          );
        })
        .end(body);
      return promise;
    };
    // Role-and-content bytes + 16 per message, priced at 10^-6 and 2·10^-6 USD: what one such call holds.
    const oneHold = BigInt((Buffer.byteLength("Wait") + 16) * 100 + 16 * 200);
    await gateway.fund(oneHold * BigInt(PAID) - 1n);
    const calls = Array.from({ length: CALLS }, send);
    let refused = 0;
    for (const call of calls) void call.then(({ status }) => (refused += status === 402 ? 1 : 0));
    await gateway.until(
      "100 open upstream, 900 refused",
      async () => (await gateway.heldUpstream()) === PAID && refused === CALLS - PAID,
      30_000,
    );
    expect(await gateway.balance()).toMatchObject({ available_micros: 0, held_count: PAID });
    await gateway.release("sandbox/hold");
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(PAID);
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(CALLS - PAID);
    expect(await gateway.balance()).toMatchObject({ held_micros: 0, held_count: 0 });
    agent.destroy();
  } finally {
    await gateway.close();
  }
}, 90_000);
