import { Agent, request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { expect, test } from "vitest";
import { startTestApp } from "./harness/app.ts";

test("a stop waits for the answer under way, not for the connection that is kept alive after it", async () => {
  const app = await startTestApp();
  const agent = new Agent({ keepAlive: true });
  // Its body is sent only after the stop began.
  const call = request(`${app.url}/api/auth/login`, {
    agent,
    method: "POST",
    headers: { "content-type": "application/json", "content-length": 2, expect: "100-continue" },
  });
  const answered = once(call, "response") as Promise<[IncomingMessage]>;
  call.flushHeaders();
  await once(call, "continue");
  const startedAt = performance.now();
  const closed = app.close();
  call.end("{}");
  const [answer] = await answered;
  answer.resume();
  await once(answer, "end");
  await closed;
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  agent.destroy();
});
