import { hash } from "node:crypto";
import type { World } from "../../core/company.ts";
import { invalid, StripeError } from "./errors.ts";

/** Stripe keeps a key for a day. */
const KEPT_MS = 24 * 3_600_000;
const MAX_KEY = 255;
const RUNNING = "stripe:running";

export type Kept = { status: number; body: string; requestId: string };

function running(world: World): Set<string> {
  let set = world.memory.get(RUNNING) as Set<string> | undefined;
  if (set === undefined) world.memory.set(RUNNING, (set = new Set()));
  return set;
}

export function fingerprint(method: string, path: string, body: Buffer): string {
  return hash("sha256", Buffer.concat([Buffer.from(`${method} ${path}\n`), body]));
}

/** The answer kept under a key; null when the request is new, which from now on is under way. */
export function beginKeyed(world: World, key: string, print: string): Kept | null {
  if (key.length > MAX_KEY) throw invalid(`Idempotency keys can be up to ${MAX_KEY} characters long.`);
  const now = world.clock.now();
  const row = world.store.get("select * from stripe_idempotency where key = ?", key);
  if (row !== null && Number(row["created_ms"]) > now - KEPT_MS) {
    if (row["fingerprint"] !== print) {
      throw new StripeError(400, {
        type: "idempotency_error",
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      });
    }
    return { status: Number(row["status"]), body: String(row["body"]), requestId: String(row["request_id"]) };
  }
  if (running(world).has(key)) {
    throw new StripeError(409, {
      type: "idempotency_error",
      code: "idempotency_key_in_use",
      message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    });
  }
  running(world).add(key);
  return null;
}

/** Ends a request under way; `answer` is what later ones with the key will get, null keeps nothing. */
export function endKeyed(world: World, key: string, print: string, answer: Kept | null): void {
  running(world).delete(key);
  if (answer === null) return;
  const now = world.clock.now();
  world.store.run(
    `insert or replace into stripe_idempotency (key, fingerprint, status, body, request_id, created_ms)
     values (?, ?, ?, ?, ?, ?)`,
    key,
    print,
    answer.status,
    answer.body,
    answer.requestId,
    now,
  );
  world.store.run(
    "delete from stripe_idempotency where key in (select key from stripe_idempotency where created_ms <= ? limit 10)",
    now - KEPT_MS,
  );
}
