/** Traces: what is told of requests, jobs and calls, and what is kept of it. */
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, expect, test } from "vitest";
import { startCollector, valueOf } from "../../../test/harness/collector.ts";
import { context, createContext, createTracing, withContext, type Tracing } from "./index.ts";

const collector = await startCollector();
const called: (string | undefined)[] = [];
const company = createServer((request, answer) => {
  called.push(request.headers.traceparent as string | undefined);
  answer.statusCode = request.url?.startsWith("/broken") ? 503 : 200;
  answer.end("done");
});
await new Promise<void>((done) => void company.listen(0, "127.0.0.1", done));
const { port } = company.address() as AddressInfo;
const address = `http://127.0.0.1:${port}`;
afterAll(async () => {
  company.closeAllConnections();
  company.close();
  await collector.close();
});

let tracing: Tracing;
const start = (change: { ratio?: number; slowMs?: number; endpoint?: string | null } = {}) => {
  tracing = createTracing({ endpoint: collector.url, version: "0", ratio: 1, slowMs: 60_000, ...change });
  return tracing;
};
afterEach(() => tracing.close());

/** Does `work` as a job of this name and hands all spans over; answers those of the job's trace. */
async function traced(name: string, work: () => Promise<unknown>, failed?: string, traceparent?: string) {
  const own = createContext(tracing.start(name, "consumer", traceparent));
  await withContext(own, work);
  own.trace?.end(failed);
  await tracing.close();
  return collector.spans.filter(({ traceId }) => traceId === own.trace?.traceId);
}
const byNode = (path: string) =>
  new Promise<void>((done, fail) => {
    httpRequest(`${address}${path}`, (answer) => answer.resume().on("end", done))
      .on("error", fail)
      .end();
  });

test("a call by either client is a span under its job, told by host and status alone, and carries the trace on", async () => {
  start();
  const spans = await traced("job calls", async () => {
    await (await fetch(`${address}/broken?token=secret-in-query`)).text();
    await byNode("/fine/secret-in-path");
  });
  const job = spans.find(({ name }) => name === "job calls");
  const calls = spans.filter(({ name }) => name === `GET 127.0.0.1:${port}`);
  expect(calls.map((span) => valueOf(span, "http.response.status_code"))).toEqual([503, 200]);
  for (const call of calls) {
    expect(call.parentSpanId).toBe(job?.spanId);
    expect(called).toContain(`00-${job?.traceId}-${call.spanId}-01`);
  }
  expect(collector.text()).not.toMatch(/secret-in-(query|path)/);
});

test("a call that finds nobody ends its span with the error's code", async () => {
  start();
  const gone = createServer();
  await new Promise<void>((done) => void gone.listen(0, "127.0.0.1", done));
  const nowhere = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/`;
  await new Promise((done) => gone.close(done));
  const spans = await traced("job nobody", () => fetch(nowhere).catch(() => undefined));
  const call = spans.find(({ name }) => name.startsWith("GET "));
  expect(call && valueOf(call, "error.type")).toBe("ECONNREFUSED");
});

test("the trace of whoever called goes on; nonsense begins a new one", async () => {
  start();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const spans = await traced(
    "job goes on",
    async () => undefined,
    undefined,
    `00-${traceId}-00f067aa0ba902b7-01`,
  );
  expect(spans).toMatchObject([{ traceId, parentSpanId: "00f067aa0ba902b7" }]);
  for (const nonsense of ["", "00-zz-1-01", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`]) {
    start();
    const [span] = await traced("job anew", async () => undefined, undefined, nonsense);
    expect(span?.traceId).toMatch(/^[\da-f]{32}$/);
    expect(span?.parentSpanId ?? "").toBe("");
  }
});

test("what failed and what was slow is kept with all its parts, whatever the share; the rest is not", async () => {
  start({ ratio: 0 });
  expect(await traced("job fine", async () => undefined)).toEqual([]);
  start({ ratio: 0 });
  const part = async () => context()?.trace?.child("part").end();
  expect((await traced("job fails", part, "Broken")).map(({ name }) => name)).toEqual(["part", "job fails"]);
  start({ ratio: 0 });
  const refused = async () => context()?.trace?.child("statement").end("23505");
  expect((await traced("job with a part that failed", refused)).length).toBe(2);
  start({ ratio: 0, slowMs: 0 });
  expect((await traced("job slow", async () => undefined)).length).toBe(1);
});

test("off, nothing is begun, sent along or listened to", async () => {
  start({ endpoint: null });
  called.length = 0;
  const own = createContext(tracing.start("job untraced", "consumer"));
  expect(own.trace).toBeNull();
  await withContext(own, async () => (await fetch(address)).text());
  expect(called).toEqual([undefined]);
});
