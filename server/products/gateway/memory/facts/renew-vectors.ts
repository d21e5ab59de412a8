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

type Paid = Pick<InnerEmbedding, "actor" | "routing"> & { signal: AbortSignal };

/**
 * Says of what is remembered in one place what it is about, where that was not made, or by another model than there is now: a
 * hundred facts at a time, paid by the actor. It ends where that cannot be paid, or is not answered; the rest stays as it is
 * until the next time.
 */
export async function renewVectors(gateway: Gateway, org: OrgId, place: Place, paid: Paid): Promise<void> {
  const { db, memoryEmbeddingModel: model, sealer } = gateway.deps;
  if (!model) return;
  const isStale = (row: Vectored): boolean =>
    row.vector === null || openVector(sealer, org, { ...row, vector: row.vector }).model !== model;
  const all = await withTx(db, org, (tx) => listWithVectors(tx, org, place, MOST_FACTS));
  const stale = all.filter(isStale);
  for (let from = 0; from < stale.length && !paid.signal.aborted; from += AT_ONCE) {
    const some = stale.slice(from, from + AT_ONCE);
    if (!(await renewSome(gateway, org, { place, some, model }, paid))) return;
  }
}

/** True where there is an answer for them. */
async function renewSome(
  gateway: Gateway,
  org: OrgId,
  { place, some, model }: { place: Place; some: readonly Vectored[]; model: string },
  { actor, routing }: Paid,
): Promise<boolean> {
  const { db, sealer } = gateway.deps;
  const name = `renewed ${nameOf(model, some)}`;
  const vectors = await vectorsOf(gateway, {
    actor,
    texts: some.map((row) => openFact(sealer, org, row).text),
    projectId: place.projectId || null,
    routing: routing ?? null,
    waitMs: WRITING_WAITS_MS,
    once: { name, note: {} },
  });
  const answered = vectors.some(Boolean);
  if (answered)
    await withTx(db, org, async (tx) => {
      for (const [at, row] of some.entries()) {
        const vector = vectors[at];
        if (vector) await saveVector(tx, org, row, sealVector(sealer, org, row, vector));
      }
      await forgetInner(tx, org, "memory", name);
    });
  return answered;
}

/** Of the same facts it is the same, so that what was paid for before a crash is found again. */
const nameOf = (model: string, rows: readonly Vectored[]): string =>
  createHash("sha256")
    .update(JSON.stringify([model, ...rows.map(({ id, version }) => [id, version])]))
    .digest("hex");
