import type { IncomingMessage, ServerResponse } from "node:http";
import { handleWithFaults } from "./call-faults.ts";
import { MAX_BODY_BYTES, type Company, type Exchange } from "./company.ts";
import type { Control } from "./control.ts";
import { Tap, type Answer } from "./tap.ts";
import type { OpenWorld } from "./world.ts";
import type { Worlds } from "./worlds.ts";

/** Answers 413 for a longer body and goes on reading it away up to this, so that the client sees the answer. */
const MAX_DRAINED_BYTES = 2 * MAX_BODY_BYTES;
const NO_BODY = Buffer.alloc(0);

/** The whole body, or null when it is too long. */
function readBody(req: IncomingMessage): Promise<Buffer | null> {
  if (req.method === "GET" || req.method === "HEAD") {
    req.resume();
    return Promise.resolve(NO_BODY);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (size > MAX_DRAINED_BYTES) req.destroy();
    });
    req.on("end", () => {
      if (size > MAX_BODY_BYTES) resolve(null);
      else resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    req.on("error", reject);
  });
}

/** Where PayPal's certificates lie on whatever host serves them. */
const CERTIFICATES = "/v1/notifications/certs/";

/**
 * `/stripe/v1/x` → Stripe and `/v1/x`; a bare `/v1` or `/v2` is Stripe's, whose SDK takes no path prefix, save for
 * PayPal's certificates.
 */
function route(companies: readonly Company[], path: string): { company: Company; path: string } | null {
  const first = path.split("/", 2)[1] ?? "";
  const bare = first === "v1" || first === "v2";
  const owner = path.startsWith(CERTIFICATES) ? "paypal" : "stripe";
  const company = companies.find((c) => c.name === (bare ? owner : first));
  if (company === undefined) return null;
  return { company, path: bare ? path : path.slice(first.length + 1) || "/" };
}

function plain(res: ServerResponse, status: number, title: string): void {
  res.writeHead(status, { "content-type": "application/problem+json" });
  res.end(JSON.stringify({ type: "about:blank", title, status, code: "sandbox_no_such_company" }));
}

export function createRouter(
  companies: readonly Company[],
  worlds: Worlds,
  control: Control,
): (req: IncomingMessage, res: ServerResponse) => void {
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const url = req.url ?? "/";
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
    const rawBody = await readBody(req);
    if (path === "/_sandbox" || path.startsWith("/_sandbox/")) {
      return control({ req, res, path: path.slice("/_sandbox".length) || "/", query, rawBody });
    }
    const found = route(companies, path);
    if (found === null) {
      if (path === "/") return void res.writeHead(302, { location: "/_sandbox" }).end();
      return plain(res, 404, "The sandbox plays no such company");
    }
    const { company } = found;
    if (rawBody === null) return company.error(res, 413, "too_large");
    const method = req.method ?? "GET";
    if (company.page !== undefined) {
      const page = { method, path: found.path, query, headers: req.headers, rawBody, res, worlds };
      if (await company.page(page)) return;
    }
    const asked = { method, path: found.path, query, rawBody };
    const name = company.worldOf(req.headers, asked);
    const world = name === null ? null : worlds.find(name);
    if (world === null) return company.unauthorized(res, req.headers, asked);
    const exchange = {
      method,
      path: found.path,
      query,
      headers: req.headers,
      rawBody,
      world,
      res,
      fault: null,
    };
    return serve(company, exchange, url, world);
  };
  return (req, res) => {
    answer(req, res).catch((cause: unknown) => {
      process.stderr.write(
        `${JSON.stringify({ level: "error", msg: "sandbox request failed", error: describe(cause) })}\n`,
      );
      if (!res.headersSent) plain(res, 500, "The sandbox failed");
      else res.destroy();
    });
  };
}

const describe = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);

async function serve(
  company: Company,
  request: Omit<Exchange, "signal">,
  url: string,
  world: OpenWorld,
): Promise<void> {
  const { res, method, path, rawBody } = request;
  const started = performance.now();
  const gone = new AbortController();
  const tap = new Tap(res, world.store, world.recording);
  const subject = { company: company.name, on: "call" as const, method, path };
  const rules = world.faults.list().length;
  const faults = rules === 0 ? [] : world.faults.draw({ ...subject, body: rawBody.toString() });
  res.once("close", () => {
    if (!res.writableFinished) gone.abort();
    if (!world.recording) return;
    record(
      world,
      company.name,
      request,
      url,
      performance.now() - started,
      tap.answer(),
      faults[0]?.fault ?? null,
    );
  });
  const exchange: Exchange = { ...request, signal: gone.signal };
  try {
    if (faults.length === 0) await company.handle(exchange);
    else await handleWithFaults(company, exchange, faults, tap);
  } catch (cause) {
    process.stderr.write(
      `${JSON.stringify({ level: "error", msg: "company failed", path, error: describe(cause) })}\n`,
    );
    if (!res.headersSent) company.error(res, 500, "internal");
    else res.destroy();
  }
}

function record(
  world: OpenWorld,
  company: string,
  request: Omit<Exchange, "signal">,
  url: string,
  ms: number,
  answer: Answer,
  fault: string | null,
): void {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  world.recorder.add({
    at: new Date(world.clock.now()).toISOString(),
    company,
    direction: "in",
    method: request.method,
    path: url,
    status: request.res.headersSent ? answer.status : 0,
    ms: Math.round(ms * 10) / 10,
    fault,
    request: { headers, body: request.rawBody.toString("utf8", 0, 256 * 1024) },
    response: { headers: answer.headers, body: answer.body.toString() },
  });
}
