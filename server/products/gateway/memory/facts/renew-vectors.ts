import { createHash } from "node:crypto";
import { withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { forgetInner, type InnerEmbedding } from "../../call/inner-call.ts";
import type { Gateway } from "../../settling/state.ts";
import { vectorsOf, WRITING_WAITS_MS } from "./embed.ts";
import { openFact, openVector, sealVector } from "./fact.ts";
import { MOST_FACTS, type Place } from "./place.ts";
import { listWithVectors, saveVector, type Vectored } from "./store.ts";

/** By one call. */
const AT_ONCE = 100;

/**
 * Says of what is remembered in one place what it is about, where that was not made, or by another model than there is now: a
 * hundred facts at a time, paid by the actor. What cannot be paid stays as it is, until the next time.
 */
export async function renewVectors(
  gateway: Gateway,
  org: OrgId,
  place: Place,
  { actor, routing }: Pick<InnerEmbedding, "actor" | "routing">,
): Promise<void> {
  const { db, memoryEmbeddingModel: model, sealer } = gateway.deps;
  if (!model) return;
  const isStale = (row: Vectored): boolean =>
    row.vector === null || openVector(sealer, org, { ...row, vector: row.vector }).model !== model;
  const all = await withTx(db, org, (tx) => listWithVectors(tx, org, place, MOST_FACTS));
  const stale = all.filter(isStale).slice(0, AT_ONCE);
  if (stale.length === 0) return;
  const name = `renewed ${nameOf(model, stale)}`;
  const vectors = await vectorsOf(gateway, {
    actor,
    texts: stale.map((row) => openFact(sealer, org, row).text),
    projectId: place.projectId || null,
    routing: routing ?? null,
    waitMs: WRITING_WAITS_MS,
    once: { name, note: {} },
  });
  await withTx(db, org, async (tx) => {
    for (const [at, row] of stale.entries()) {
      const vector = vectors[at];
      if (vector) await saveVector(tx, org, row, sealVector(sealer, org, row, vector));
    }
    if (vectors.some(Boolean)) await forgetInner(tx, org, "memory", name);
  });
}

/** Of the same facts it is the same, so that what was paid for before a crash is found again. */
const nameOf = (model: string, rows: readonly Vectored[]): string =>
  createHash("sha256")
    .update(JSON.stringify([model, ...rows.map(({ id, version }) => [id, version])]))
    .digest("hex");
