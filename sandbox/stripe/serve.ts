import type { ServerResponse } from "node:http";
import type { Exchange, World } from "../core/company.ts";
import { newId } from "./books.ts";
import { StripeError, notBuilt, type ErrorBody } from "./protocol/errors.ts";
import { expand, takeExpand } from "./expand.ts";
import { decodeForm, decodeJson, type Form } from "./protocol/form.ts";
import { beginKeyed, endKeyed, fingerprint, type Kept } from "./protocol/idempotency.ts";
import type { Cause } from "./protocol/operation.ts";
import { findOperation } from "./operations.ts";
import { countRead } from "./protocol/read-limit.ts";
import { API_VERSION } from "./protocol/version.ts";
import { settingsOf } from "./settings.ts";

export function writeJson(
  res: ServerResponse,
  status: number,
  body: string,
  extra: Record<string, string> = {},
): void {
  res.writeHead(status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-cache, no-store",
    "stripe-version": API_VERSION,
    ...extra,
  });
  res.end(body);
}

export function writeError(res: ServerResponse, status: number, error: ErrorBody): void {
  writeJson(res, status, JSON.stringify({ error }));
}

function errorText(error: StripeError, requestId: string): string {
  const url = `https://dashboard.stripe.com/test/logs/${requestId}`;
  return JSON.stringify({ error: { ...error.body, request_log_url: url } });
}

/** Runs an operation on the books: all of it or nothing, save that a declined charge stays. */
function act(
  world: World,
  run: () => unknown,
  paths: readonly string[],
): { status: number; body: unknown } | StripeError {
  try {
    return world.store.atomic(() => {
      try {
        return { status: 200, body: expand(world, run(), paths) };
      } catch (error) {
        if (error instanceof StripeError && error.kept) return error;
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
}

function header(exchange: Exchange, name: string): string | null {
  const value = exchange.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** A 500 that Stripe itself would have kept under the key, as its own failures are. */
const OUTAGE = JSON.stringify({
  error: { type: "api_error", message: "An unknown error occurred (sandbox fault)" },
});

type Prepared = { run: () => unknown; paths: string[] };

function prepare(exchange: Exchange, cause: Cause): Prepared {
  const { method, path, world } = exchange;
  const found = findOperation(method, path);
  if (found.operation === null) {
    if (found.known) throw notBuilt(`${method} ${path}`);
    throw new StripeError(404, {
      type: "invalid_request_error",
      message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    });
  }
  const text = method === "POST" ? exchange.rawBody.toString() : "";
  const form: Form =
    method === "POST" && path.startsWith("/v2/")
      ? decodeJson(text)
      : decodeForm(method === "POST" ? text : exchange.query);
  const { rest, paths } = takeExpand(form);
  return { run: found.operation.prepare(world, found.id, rest, cause), paths };
}

/** Answers one call of the API. */
export async function serve(exchange: Exchange): Promise<void> {
  const { world, res, method, path, fault } = exchange;
  const requestId = newId(world, "request");
  const key = method === "POST" ? header(exchange, "idempotency-key") : null;
  const print = key === null ? "" : fingerprint(method, path, exchange.rawBody);
  const headers: Record<string, string> = { "request-id": requestId };
  if (key !== null) headers["idempotency-key"] = key;
  let begun = false;
  let kept: Kept | null = null;
  try {
    const { reads_per_second: perSecond } = settingsOf(world);
    if (method === "GET" && perSecond > 0) countRead(world, perSecond);
    const { run, paths } = prepare(exchange, { id: requestId, idempotency_key: key });
    if (key !== null) {
      const before = beginKeyed(world, key, print);
      if (before !== null) {
        const replayed = { "idempotent-replayed": "true", "original-request": before.requestId };
        return writeJson(res, before.status, before.body, { ...headers, ...replayed });
      }
      begun = true;
    }
    if (fault?.fault === "delay") await delay(Number(fault.params["ms"] ?? 2_000), exchange.signal);
    let outcome: { status: number; body: string } | null = null;
    if (fault?.fault !== "status" || fault.effect === "done") {
      const result = act(world, run, paths);
      outcome =
        result instanceof StripeError
          ? { status: result.status, body: errorText(result, requestId) }
          : { status: result.status, body: JSON.stringify(result.body) };
      kept = { ...outcome, requestId };
    }
    if (fault?.fault === "status") {
      const status = Number(fault.params["status"] ?? 500);
      outcome = { status, body: OUTAGE };
      const keeps = fault.params["kept"] ?? status === 500;
      if (keeps === true) kept = { ...outcome, requestId };
    }
    if (outcome !== null) writeJson(res, outcome.status, outcome.body, headers);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    writeJson(res, error.status, errorText(error, requestId), headers);
  } finally {
    if (begun && key !== null) endKeyed(world, key, print, kept);
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
  });
}
