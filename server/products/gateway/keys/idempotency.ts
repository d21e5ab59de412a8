import { createHash } from "node:crypto";
import { addMs, type Clock } from "../../../platform/clock.ts";
import { withTx, type Db } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Endpoint, Purpose } from "../call/chat.ts";
import { deleteKey, findKey, type KeptKey } from "./idempotency-store.ts";
import { deleteOldAnswers, findKept } from "./kept-store.ts";
import type { Replay } from "./replay.ts";
import { gatewayProblems } from "../problems.ts";

/** Reads the header; null without one, 400 for one that is malformed. */
export function keyOf(
  header: string | string[] | undefined,
  call: { actor: Actor; requestId: string; endpoint: Endpoint; bytes: Buffer; now: Date },
): KeptKey | null {
  if (header === undefined) return null;
  if (typeof header !== "string" || !/^[\x20-\x7e]{1,255}$/.test(header))
    throw new Problem(common.idempotency_key_invalid);
  return {
    credentialId: call.actor.credentialId,
    key: header,
    hash: hashOf(call),
    requestId: call.requestId,
    createdAt: call.now,
  };
}

/** Stands where other calls have their caller's credential, so that no caller's key is ever one of these. */
export const credentialOf = (purpose: Purpose): string => `inner ${purpose}`;

/** Of a call of the gateway's own: whatever is asked under its name is the same. */
export const innerKey = (
  purpose: Purpose,
  name: string,
  call: { requestId: string; now: Date },
): KeptKey => ({
  credentialId: credentialOf(purpose),
  key: name,
  hash: createHash("sha256").update(name).digest(),
  requestId: call.requestId,
  createdAt: call.now,
});

/** Of what was asked: the same bytes at another endpoint are another request. */
export function hashOf({ endpoint, bytes }: { endpoint: Endpoint; bytes: Buffer }): Buffer {
  const hash = createHash("sha256");
  if (endpoint !== "chat/completions") hash.update(`${endpoint}\n`);
  return hash.update(bytes).digest();
}

const KEPT_MS = 24 * 3_600_000;

/**
 * Judges a key that was used before: another body 422, still running 409, ended within a day its answer, later or where that
 * was too long 409 with the receipt. One that ended without cost is forgotten, so that the call may run again: null.
 */
export function checkKey(db: Db, actor: { orgId: OrgId }, key: KeptKey): Promise<Replay | null> {
  return withTx(db, actor.orgId, async (tx): Promise<Replay | null> => {
    const known = await findKey(tx, actor.orgId, key);
    if (!known) return null;
    if (!known.request_hash.equals(key.hash)) throw new Problem(common.idempotency_mismatch);
    if (known.state === "open" || known.state === "reconciling") throw inProgress();
    if (known.state === "settled" || known.basis !== "none") {
      const requestId = known.request_id;
      const answer = await findKept(tx, actor.orgId, requestId, addMs(key.createdAt, -KEPT_MS));
      if (answer) return { requestId, known: answer };
      throw new Problem(gatewayProblems.answer_not_kept, {
        detail: `The request with this key has ended as ${requestId}; its answer was not kept.`,
        extra: { request_id: requestId, receipt: `/api/llm/receipts/${requestId}` },
      });
    }
    await deleteKey(tx, actor.orgId, key, known.request_id);
    return null;
  });
}

export const inProgress = (): Problem => new Problem(gatewayProblems.request_in_progress, { retryAfter: 1 });

/** Forgets answers a day after they were given. */
export const forgetAnswers = ({ db, clock }: { db: Db; clock: Clock }): Promise<boolean> =>
  deleteOldAnswers(db, addMs(clock.now(), -KEPT_MS));
