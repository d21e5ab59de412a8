/**
 * An SDK that loses its connection sends the call again, and would pay for it twice. Where the organization folds retries,
 * a call whose caller left is read to its end, and the retry gets that answer under the one hold.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { HeldCall } from "../call/held-call.ts";
import { inProgress } from "../keys/idempotency.ts";
import { findKept } from "../keys/kept-store.ts";
import type { Replay } from "../keys/replay.ts";
import type { Gateway } from "../settling/state.ts";
import type { Fold } from "./fold.ts";
import { deleteDrop, findDrop, noteDrop } from "./store.ts";

/** A call can be joined for so long after its caller left. */
const JOINABLE_MS = 120_000;

/** Notes when the caller leaves before the whole answer is sent, for a retry in this process or another. */
export function watchDrop(
  { deps }: Gateway,
  { actor, requestId, fold }: HeldCall,
  raw: ServerResponse,
): void {
  if (!fold) return;
  const left = () => {
    if (raw.writableFinished) return;
    const now = deps.clock.now();
    const { orgId, credentialId } = actor;
    const row = { request_id: requestId, credential_id: credentialId, hash: fold.hash, dropped_at: now };
    const since = addMs(now, -JOINABLE_MS);
    fold.dropped = withTx(deps.db, orgId, (tx) => noteDrop(tx, orgId, row, since)).catch((err: unknown) =>
      deps.logger.warn({ err, request_id: requestId }, "a dropped call was not noted for its retry"),
    );
  };
  if (raw.destroyed) left();
  else raw.once("close", left);
}

/** Waits until the same call that was dropped here has ended, or this caller has left as well. */
export async function awaitDropped(
  gateway: Gateway,
  { credentialId }: Actor,
  { hash }: Fold,
  raw: ServerResponse,
): Promise<void> {
  const same = [...gateway.calls].findLast(
    ({ fold, actor }) => fold?.dropped && actor.credentialId === credentialId && fold.hash.equals(hash),
  );
  if (same?.fold) await Promise.race([Promise.all([same.fold.ended, same.fold.dropped]), once(raw, "close")]);
}

/**
 * The answer of the same call that was dropped before; null where there is none, or it ended without one: then the retry is
 * a call of its own. 409 while it runs, in another process or until its cost is known.
 */
export function findJoined(
  { deps }: Gateway,
  { orgId, credentialId }: Actor,
  { hash }: Fold,
): Promise<Replay | null> {
  const since = addMs(deps.clock.now(), -JOINABLE_MS);
  return withTx(deps.db, orgId, async (tx) => {
    const dropped = await findDrop(tx, orgId, { credentialId, hash, since });
    if (!dropped) return null;
    if (dropped.state === "open" || dropped.state === "reconciling") throw inProgress();
    const known = await findKept(tx, orgId, dropped.request_id, addMs(since, -JOINABLE_MS));
    return known && { requestId: dropped.request_id, known };
  });
}

/** Once its answer has been sent whole, nobody joins that call any more. */
export function noteJoined(
  { deps }: Gateway,
  { orgId }: Actor,
  { requestId }: Replay,
  raw: ServerResponse,
): void {
  raw.once("finish", () => {
    withTx(deps.db, orgId, (tx) => deleteDrop(tx, orgId, requestId)).catch((err: unknown) =>
      deps.logger.warn({ err, request_id: requestId }, "a retry's answer was not noted"),
    );
  });
}
