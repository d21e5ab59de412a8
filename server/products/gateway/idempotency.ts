import { createHash } from "node:crypto";
import { withTx, type Db } from "../../platform/db/index.ts";
import type { Actor } from "../../platform/http/index.ts";
import { Problem, common } from "../../platform/problem.ts";
import { deleteKey, findKey, type KeptKey } from "./idempotency-store.ts";
import { gatewayProblems } from "./problems.ts";

/** Reads the header; null without one, 400 for one that is malformed. */
export function keyOf(
  header: string | string[] | undefined,
  call: { actor: Actor; requestId: string; bytes: Buffer; now: Date },
): KeptKey | null {
  if (header === undefined) return null;
  if (typeof header !== "string" || !/^[\x20-\x7e]{1,255}$/.test(header))
    throw new Problem(common.idempotency_key_invalid);
  return {
    credentialId: call.actor.credentialId,
    key: header,
    hash: createHash("sha256").update(call.bytes).digest(),
    requestId: call.requestId,
    createdAt: call.now,
  };
}

/**
 * Judges a key that was used before: another body 422, still running 409, ended 409 with the request's id (the answer
 * itself is not kept). One that ended without cost is forgotten, so that the call may run again.
 */
export async function checkKey(db: Db, actor: Actor, key: KeptKey): Promise<void> {
  await withTx(db, actor.orgId, async (tx) => {
    const known = await findKey(tx, actor.orgId, key);
    if (!known) return;
    if (!known.request_hash.equals(key.hash)) throw new Problem(common.idempotency_mismatch);
    if (known.state === "open" || known.state === "reconciling") throw inProgress();
    if (known.state === "settled" || known.basis !== "none") {
      throw new Problem(gatewayProblems.answer_not_kept, {
        detail: `The request with this key has ended as ${known.request_id}; its answer was not kept.`,
        extra: { request_id: known.request_id },
      });
    }
    await deleteKey(tx, actor.orgId, key, known.request_id);
  });
}

export const inProgress = (): Problem => new Problem(gatewayProblems.request_in_progress, { retryAfter: 1 });
