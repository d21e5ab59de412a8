import { hash } from "node:crypto";
import type { World } from "../core/company.ts";
import { ResendError } from "./errors.ts";

/** Resend keeps a key for a day. */
const KEPT_MS = 24 * 3_600_000;
const MAX_KEY = 256;

/** Runs what has not run under this key; else gives the first answer again. Nothing is kept of what was refused. */
export function once(
  world: World,
  key: string | null,
  raw: Buffer,
  path: string,
  run: () => unknown,
): unknown {
  if (key === null) return run();
  if (key.length === 0 || key.length > MAX_KEY)
    throw new ResendError(400, "invalid_idempotency_key", "The key must be between 1-256 chars.");
  const print = hash("sha256", Buffer.concat([Buffer.from(`${path}\n`), raw]));
  const now = world.clock.now();
  const row = world.store.get("select * from resend_idempotency where key = ?", key);
  if (row !== null && Number(row["created_ms"]) > now - KEPT_MS) {
    if (row["fingerprint"] !== print)
      throw new ResendError(
        409,
        "invalid_idempotent_request",
        "Same idempotency key used with a different request payload.",
      );
    return JSON.parse(String(row["body"])) as unknown;
  }
  const answer = run();
  world.store.run(
    "insert or replace into resend_idempotency (key, fingerprint, body, created_ms) values (?, ?, ?, ?)",
    key,
    print,
    JSON.stringify(answer),
    now,
  );
  world.store.run(
    "delete from resend_idempotency where key in (select key from resend_idempotency where created_ms <= ? limit 10)",
    now - KEPT_MS,
  );
  return answer;
}
