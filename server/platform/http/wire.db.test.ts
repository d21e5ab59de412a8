import { once } from "node:events";
import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { systemClock } from "../clock.ts";
import { createDb, withSystemTx, type Db } from "../db/index.ts";
import { createLimiter } from "../rate-limit/index.ts";
import { createLogger, createMetrics, type Metrics } from "../telemetry/index.ts";
import { createHttp, type Http } from "./index.ts";
import { soon } from "../../../test/harness/soon.ts";

type Line = Record<string, unknown>;
const lines: Line[] = [];
const metrics: Metrics = createMetrics("0");
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
let http: Http;
let url: string;
let pagesDir: string;
let left: PromiseWithResolvers<void>;

beforeAll(async () => {
  pagesDir = mkdtempSync(path.join(tmpdir(), "holdfast-pages-"));
  mkdirSync(path.join(pagesDir, "assets"));
  writeFileSync(path.join(pagesDir, "index.html"), "<!doctype html><title>Console</title>");
  writeFileSync(path.join(pagesDir, "assets", "app-1a2b.js"), "export {};");
  writeFileSync(path.join(pagesDir, "icon.svg"), "<svg/>");
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  http = await createHttp({
    logger: createLogger("info", { write: (line) => void lines.push(JSON.parse(line) as Line) }),
    metrics,
    clock: systemClock,
    db,
    limiter: createLimiter(),
    authenticate: async () => null,
    version: "0",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir,
  });
  declare();
  url = await http.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(async () => {
  await http.app.close();
  await db.close();
  await database.drop();
  rmSync(pagesDir, { recursive: true });
});
beforeEach(() => {
  lines.length = 0;
  left = Promise.withResolvers<void>();
});

function declare() {
  const shared = { tag: "T", summary: "t", access: { least: "anyone" } } as const;
  const text = z.object({ text: z.string() });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/echo",
    id: "echo",
    body: z.strictObject({ text: z.string() }),
    answer: { status: 200, schema: text },
    async handle({ body }) {
      await withSystemTx(db, (tx) => tx.query("t_one", "select 1"));
      return body;
    },
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/things/:id",
    id: "getThing",
    params: text.pick({}).extend({ id: z.string() }),
    answer: { status: 200, schema: text },
    handle: async ({ params }) => ({ text: params.id }),
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/endless",
    id: "endless",
    answer: { status: 200, schema: null },
    async handle({ reply }) {
      reply.hijack();
      reply.raw.writeHead(200);
      reply.raw.write("first");
      reply.raw.on("close", () => left.resolve());
    },
  });
}

const echo = (body: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${url}/api/echo`, { method: "POST", headers: { "content-type": "application/json" }, body });

/** Sends the text as it is over a socket of its own. */
function raw(text: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(text);
  return socket;
}

/** Reads nothing before all of it is sent. */
async function sendWhole(head: string, body: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(head);
  const sent = Promise.withResolvers<void>();
  socket.on("error", sent.reject);
  socket.write(body, () => sent.resolve());
  await sent.promise;
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  await soon(() => expect(answer).toContain("}"));
  socket.destroy();
  return answer;
}

test.each([
  ["named", (length: number) => `Content-Length: ${length}`, (body: Buffer) => body],
  [
    "unnamed",
    () => "Transfer-Encoding: chunked",
    (body: Buffer) =>
      Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]),
  ],
])(
  "a body of a %s length that is too large is told 413 also who sends all of it first",
  async (_name, length, framed) => {
    const body = Buffer.alloc(10 * 1024 * 1024, 120);
    const head = `POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${length(body.length)}\r\n\r\n`;
    const answer = await sendWhole(head, framed(body));
    expect(answer).toContain("413 Payload Too Large");
    expect(answer).toContain('"code":"request_too_large"');
  },
);

test("a request with a body is one line, with what its handler noted", async () => {
  expect((await echo('{"text":"x"}')).status).toBe(200);
  await soon(() => expect(lines.length).toBeGreaterThan(0));
  expect(lines).toMatchObject([{ event: "request", route: "/api/echo", status: 200 }]);
  expect(lines[0]?.db_ms).toBeGreaterThan(0);
  expect(lines[0]).not.toHaveProperty("aborted");
});

test("a stream that its reader leaves is one line as well, and counted", async () => {
  const socket = raw("GET /api/endless HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "data");
  socket.destroy();
  await left.promise;
  await soon(() => expect(lines.length).toBeGreaterThan(0));
  expect(lines).toMatchObject([{ event: "request", route: "/api/endless", status: 200, aborted: true }]);
  expect(await metrics.text()).toContain('route="/api/endless",method="GET",status="200"} 1');
});

test("an upload that breaks off is one line of 499, and no fault of ours", async () => {
  const socket = raw(
    'POST /api/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"text"',
  );
  await once(http.app.server, "request");
  socket.destroy();
  await soon(() => expect(lines.length).toBeGreaterThan(0));
  expect(lines).toMatchObject([{ event: "request", route: "/api/echo", aborted: true, status: 499 }]);
});

test.each([
  ["an escape that is none", "/api/things/%zz"],
  ["an id too long for any", `/api/things/${"a".repeat(300)}`],
])("404 as a problem for %s in the path", async (_what, path) => {
  const answer = await fetch(url + path);
  expect(answer.status).toBe(404);
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  expect(await answer.json()).toMatchObject({ code: "not_found", status: 404 });
});

test("a client of models is told in its own way that there is no such operation", async () => {
  const asked = async (headers = {}) => (await fetch(`${url}/v1/nothing`, { headers })).json();
  expect(await asked()).toMatchObject({ error: { code: "not_found", param: null } });
  expect(await asked({ "anthropic-version": "2023-06-01" })).toMatchObject({
    type: "error",
    error: { type: "not_found_error" },
  });
});

test("400 for a body that is not UTF-8, rather than another text than was sent", async () => {
  const answer = await echo(
    Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  );
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "malformed_json" });
  expect(await (await echo('{"text":"\u{1F600}\ufffd"}')).json()).toEqual({ text: "\u{1F600}\ufffd" });
});

const page = (at: string, accept = "text/html", method = "GET") =>
  fetch(url + at, { method, headers: { accept } });

test("any path that a browser opens is the console, which may load nothing foreign", async () => {
  for (const at of ["/", "/payments/inbox?tab=dead"]) {
    const answer = await page(at);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("Console")]);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("what belongs to the API, and what is asked by no browser, is a 404 and never the console", async () => {
  for (const [at, accept, method] of [
    ["/api/nothing"],
    ["/v1"],
    ["/webhooks/nobody"],
    ["/.well-known/nothing"],
    ["/payments", "application/json"],
    ["/payments", "text/html", "POST"],
    ["/assets/../../package.json"],
  ] as const) {
    const answer = await page(at, accept, method);
    const type = answer.headers.get("content-type");
    expect([at, answer.status === 404 || !type?.includes("json")]).toEqual([at, true]);
    if (at !== "/assets/../../package.json") expect(type).toContain("application/problem+json");
  }
});

test("hashed assets are kept for ever, other files are asked for again", async () => {
  const asset = await page("/assets/app-1a2b.js", "*/*");
  expect([asset.status, asset.headers.get("cache-control")]).toEqual([
    200,
    "public, max-age=31536000, immutable",
  ]);
  const icon = await page("/icon.svg", "*/*");
  expect([icon.status, icon.headers.get("cache-control")]).toEqual([200, "no-cache"]);
});
