import type { Exchange, World } from "../core/company.ts";
import { newId } from "./books.ts";
import { errorBody, notBuilt, notFound, PayPalError, writeJson } from "./errors.ts";
import { mockedError } from "./mock-response.ts";
import type { Answer, Call, Operation } from "./operation.ts";
import { inputOf } from "./read.ts";
import { findOperation } from "./operations.ts";
import { isExpired, serveToken } from "./token.ts";

const NOTHING = Buffer.alloc(0);
const HOUR_MS = 3_600_000;
/** PayPal's own bound of the header. */
const MAX_REQUEST_ID = 108;

function header({ headers }: Exchange, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The object that a request id made before and that it is still kept for. */
function madeBefore(world: World, operation: Operation, path: string, requestId: string): string | null {
  const row = world.store.get(
    "select object_id, created_ms from paypal_request_ids where operation = ? and request_id = ?",
    `${operation.method} ${path}`,
    requestId,
  );
  const lifeMs = (operation.keyed?.hours ?? 0) * HOUR_MS;
  return row !== null && Number(row["created_ms"]) > world.clock.now() - lifeMs
    ? String(row["object_id"])
    : null;
}

/** Runs an operation on the books: all of it or nothing, save for what a `kept` refusal leaves. */
function act(world: World, run: () => Answer): Answer {
  const result = world.store.atomic(() => {
    try {
      return run();
    } catch (error) {
      if (error instanceof PayPalError && error.kept) return error;
      throw error;
    }
  });
  if (result instanceof PayPalError) throw result;
  return result;
}

function answer(exchange: Exchange): Answer {
  const { world, method, path, query, rawBody } = exchange;
  const found = findOperation(method, path);
  if (found.operation === null) {
    if (found.known) throw notBuilt(`${method} ${path}`);
    throw notFound();
  }
  const { operation, ids } = found;
  const type = exchange.headers["content-type"] ?? "";
  const form = operation.multipart === true && /^multipart\//i.test(type);
  if ((method === "POST" || method === "PATCH") && !form && !/^application\/json\b/i.test(type))
    throw new PayPalError(415, "UNSUPPORTED_MEDIA_TYPE");
  const given = form ? (inputOf(type, rawBody) ?? NOTHING) : rawBody;
  const requestId = header(exchange, "paypal-request-id");
  if (requestId !== null && requestId.length > MAX_REQUEST_ID)
    throw new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          issue: "INVALID_STRING_LENGTH",
          description: "The value of a field is either too short or too long",
          field: "PayPal-Request-Id",
          location: "header",
        },
      ],
    });
  const prefer = header(exchange, "prefer")?.includes("return=representation") === true;
  const call: Omit<Call, "body"> = {
    world,
    ids,
    id: ids[0] ?? "",
    query,
    prefer: prefer ? "representation" : "minimal",
    requestId,
  };
  const mocked = header(exchange, "paypal-mock-response");
  if (mocked !== null) throw mockedError(mocked);
  return act(world, () => {
    const { keyed } = operation;
    if (keyed !== null && requestId !== null) {
      const before = madeBefore(world, operation, path, requestId);
      if (before !== null) return keyed.latest({ ...call, body: undefined }, before);
    }
    const result = operation.prepare(call, given).run();
    if (keyed !== null && requestId !== null && result.id !== undefined)
      world.store.run(
        "insert or replace into paypal_request_ids (operation, request_id, object_id, created_ms) values (?, ?, ?, ?)",
        `${method} ${path}`,
        requestId,
        result.id,
        world.clock.now(),
      );
    return result;
  });
}

/** Answers one call of the API. */
export function serve(exchange: Exchange): Promise<void> {
  const { world, res } = exchange;
  const debugId = newId(world, "debug", 13).toLowerCase();
  try {
    if (serveToken(exchange, debugId)) return Promise.resolve();
    if (isExpired(world, exchange.headers)) throw new PayPalError(401, "AUTHENTICATION_FAILURE");
    const { status, body } = answer(exchange);
    writeJson(res, status, body, debugId);
  } catch (error) {
    if (!(error instanceof PayPalError)) throw error;
    writeJson(res, error.status, errorBody(error, debugId), debugId);
  }
  return Promise.resolve();
}
