import { addMs } from "../../platform/clock.ts";
import { withTx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { extendHolds } from "../../kernel/ledger/index.ts";
import type { HeldCall } from "./call/held-call.ts";
import type { Gateway } from "./state.ts";
import { noteSigns } from "./store.ts";

/** A generation's id is stored within a second of its arrival. */
const EVERY_MS = 500;
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
  const { deps, calls } = gateway;
  const now = performance.now();
  const renewAfterMs = (deps.holdLeaseSeconds * 1_000) / RENEWALS;
  const news = Map.groupBy(
    [...calls].filter(
      ({ progress, noted }) =>
        progress.generationId !== noted.generationId || now - noted.renewedAt >= renewAfterMs,
    ),
    (call) => call.actor.orgId,
  );
  for (const [org, changed] of news) await writeFor(gateway, org, changed);
}

async function writeFor({ deps }: Gateway, org: OrgId, calls: readonly HeldCall[]): Promise<void> {
  const deadlineAt = addMs(deps.clock.now(), deps.holdLeaseSeconds * 1_000);
  const renewedAt = performance.now();
  const signs = calls.map(({ requestId, progress }) => ({
    id: requestId,
    generation_id: progress.generationId,
    delivered_events: progress.events,
    next_lookup_at: deadlineAt,
  }));
  await withTx(deps.db, org, async (tx) => {
    await extendHolds(
      tx,
      org,
      calls.map(({ holdId }) => holdId),
      deadlineAt,
    );
    await noteSigns(tx, org, signs);
  });
  for (const [at, { noted }] of calls.entries()) {
    noted.renewedAt = renewedAt;
    noted.generationId = signs[at]?.generation_id ?? null;
  }
}
