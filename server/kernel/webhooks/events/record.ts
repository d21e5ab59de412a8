import { anyConnection, withSystemTx } from "../../../platform/db/index.ts";
import { assert } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { listEndpoints } from "../endpoints/store.ts";
import type { Mode } from "./event.ts";
import { insertEvents } from "../intake/insert-events.ts";
import { newEvent } from "../intake/receive.ts";
import type { Envelope } from "../sources/source.ts";

export type RecordedAt = { source: string; accountId: string; mode: Mode };
export type Recorded = { envelope: Envelope; body: Buffer };

/**
 * Stores what a company's books tell and no event does, at the account's default endpoint, `origin=reconciliation`: the
 * same path, the same uniqueness, as if it had been delivered. Returns how many are new.
 */
export async function recordEvents(
  deps: Pick<InboxDeps, "db" | "clock" | "sealer">,
  { source, accountId, mode }: RecordedAt,
  records: readonly Recorded[],
): Promise<number> {
  if (records.length === 0) return 0;
  const { db, clock, sealer } = deps;
  const endpoints = await withSystemTx(db, listEndpoints);
  const endpoint = endpoints.find(
    (row) => row.is_default && row.source === source && row.account_id === accountId && row.mode === mode,
  );
  assert(endpoint, "an account has an endpoint");
  const rows = records.map(({ envelope, body }) => ({
    ...newEvent(sealer, endpoint, envelope, body, clock.now()),
    origin: "reconciliation" as const,
  }));
  return (await insertEvents(anyConnection(db), rows)).size;
}
