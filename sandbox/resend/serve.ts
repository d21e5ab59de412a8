import type { Exchange } from "../core/company.ts";
import { listDomains, readDomain } from "./domains.ts";
import { cancel, listSent, readSent, reschedule, sendBatch, sendEmail } from "./emails.ts";
import { invalid, ResendError, writeError, writeJson } from "./errors.ts";
import { once } from "./idempotency.ts";
import type { Call } from "./operation.ts";
import { parseBody } from "./read-email.ts";
import { changeHook, createHook, deleteHook, listHooks, readHook } from "./webhooks.ts";

type Operation = { status: number; act: (call: Call) => unknown };
const does = (act: Operation["act"], status = 200): Operation => ({ status, act });

/** What is played, as Resend's document names it. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "POST /emails": does(sendEmail),
  "GET /emails": does(listSent),
  "GET /emails/{id}": does(readSent),
  "PATCH /emails/{id}": does(reschedule),
  "POST /emails/{id}/cancel": does(cancel),
  "GET /domains": does(listDomains),
  "GET /domains/{id}": does(readDomain),
  "POST /webhooks": does(createHook, 201),
  "GET /webhooks": does(listHooks),
  "GET /webhooks/{id}": does(readHook),
  "PATCH /webhooks/{id}": does(changeHook),
  "DELETE /webhooks/{id}": does(deleteHook),
};
const BATCH = "POST /emails/batch";
export const BUILT: readonly string[] = [...Object.keys(OPERATIONS), BATCH].toSorted();

/** Resend's other objects: known to it, not played here. */
const OTHERS =
  /^\/(?:emails|domains|webhooks|api-keys|contacts|audiences|segments|broadcasts|templates|topics|contact-properties|automations|events|logs|suppressions)(?:\/|$)/;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function find(method: string, path: string): { operation: Operation; id: string } {
  const exact = OPERATIONS[`${method} ${path}`];
  if (exact !== undefined) return { operation: exact, id: "" };
  const [, kind, id = "", act = ""] = /^\/([a-z]+)\/([^/]+)(\/[a-z]+)?$/.exec(path) ?? [];
  const named = OPERATIONS[`${method} /${kind}/{id}${act}`];
  if (named !== undefined && UUID.test(id)) return { operation: named, id };
  if (named !== undefined) throw new ResendError(422, "validation_error", "The `id` must be a valid UUID.");
  if (OTHERS.test(path))
    throw new ResendError(501, "sandbox_not_implemented", `The sandbox does not play ${method} ${path}.`);
  throw new ResendError(404, "not_found", "The requested endpoint does not exist");
}

function answer({ world, method, path, query, rawBody, headers }: Exchange): {
  status: number;
  body: unknown;
} {
  const given = headers["idempotency-key"];
  const key = method === "POST" && typeof given === "string" ? given : null;
  if (`${method} ${path}` === BATCH) {
    const body = parseBody(rawBody);
    return { status: 200, body: once(world, key, rawBody, path, () => sendBatch(world, body)) };
  }
  const { operation, id } = find(method, path);
  const body = rawBody.length > 0 ? parseBody(rawBody) : {};
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw invalid("Invalid `body`. It must be an object.");
  const call = { world, id, query, body: body as Record<string, unknown> };
  const keyed = path === "/emails" ? key : null;
  return { status: operation.status, body: once(world, keyed, rawBody, path, () => operation.act(call)) };
}

/** Answers one call of the API: all of it or nothing. */
export function serve(exchange: Exchange): Promise<void> {
  try {
    const { status, body } = exchange.world.store.atomic(() => answer(exchange));
    writeJson(exchange.res, status, body);
  } catch (error) {
    if (!(error instanceof ResendError)) throw error;
    writeError(exchange.res, error);
  }
  return Promise.resolve();
}
