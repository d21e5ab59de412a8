import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { extendHolds } from "../../../kernel/ledger/index.ts";
import type { HeldCall } from "../call/held-call.ts";
import type { Gateway } from "./state.ts";
import { noteSigns } from "../store.ts";

/** A generation's id is stored within a second of its arrival. */
const EVERY_MS = 500;
/** A call younger than this has most likely ended before its sign of life would be written. */
const YOUNG_MS = 300;
/** A lease is renewed three times before it lapses. */
const RENEWALS = 3;

/**
 * Writes the signs of life of running calls, off their path: a new generation id, and before the lease lapses the lease
 * and what was delivered. One transaction per organization. Returns the stop.
 */
export function startSigns(gateway: Gateway): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy || gateway.calls.size === 0) return;
    busy = true;
    writeSigns(gateway)
      .catch((err: unknown) => gateway.deps.logger.warn({ err }, "signs of life not written"))
      .finally(() => (busy = false));
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Writes what is new; throws when the database is away, to be tried again. */
export async function writeSigns(gateway: Gateway): Promise<void> {
  const now = performance.now();
  const renewAfterMs = (gateway.deps.holdLeaseSeconds * 1_000) / RENEWALS;
  const signs = [...gateway.calls]
    .filter(({ startedAt }) => now - startedAt >= YOUNG_MS)
    .map((call) => ({ call, renews: now - call.noted.renewedAt >= renewAfterMs }))
    .filter(({ call, renews }) => renews || call.progress.generationId !== call.noted.generationId);
  for (const [org, some] of Map.groupBy(signs, ({ call }) => call.actor.orgId))
    await writeFor(gateway, org, some);
}

async function writeFor(
  { deps }: Gateway,
  org: OrgId,
  calls: readonly { call: HeldCall; renews: boolean }[],
): Promise<void> {
  const deadlineAt = addMs(deps.clock.now(), deps.holdLeaseSeconds * 1_000);
  const now = performance.now();
  const renewed = calls.filter(({ renews }) => renews).map(({ call }) => call.holdId);
  const signs = calls.map(({ call: { requestId, progress }, renews }) => ({
    id: requestId,
    generation_id: progress.generationId,
    delivered_events: progress.events,
    next_lookup_at: renews ? deadlineAt : null,
  }));
  await withTx(deps.db, org, async (tx) => {
    if (renewed.length > 0) await extendHolds(tx, org, renewed, deadlineAt);
    await noteSigns(tx, org, signs);
  });
  for (const [at, { call, renews }] of calls.entries()) {
    if (renews) call.noted.renewedAt = now;
    call.noted.generationId = signs[at]?.generation_id ?? null;
  }
}
