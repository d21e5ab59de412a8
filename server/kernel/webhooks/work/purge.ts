import { addMs } from "../../../platform/clock.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import type { InboxDeps } from "../deps.ts";
import { deleteTransmissions } from "../endpoints/store.ts";
import type { EventId } from "../events/event.ts";
import { sealBody } from "../events/payload.ts";
import { deletePayloads, listPlainPayloads, writeSealed } from "../store.ts";

const DAY_MS = 24 * 60 * 60_000;
/** A delivery verifies for 75 hours at most; after that its transmission cannot come once more. */
const TRANSMISSIONS_MS = 4 * DAY_MS;
/** Bytes are kept that long after an event ended; those of a dead one until it is replayed or discarded. */
const PAYLOADS_MS = 90 * DAY_MS;
const AT_ONCE = 500;

/** Deletes what is kept long enough and seals what was stored before sealing, some at a time. True when there may be more. */
export async function purge(deps: Pick<InboxDeps, "db" | "clock" | "sealer">): Promise<boolean> {
  const now = deps.clock.now();
  const work: readonly ((tx: Tx) => Promise<number>)[] = [
    (tx) => deleteTransmissions(tx, addMs(now, -TRANSMISSIONS_MS)),
    (tx) => deletePayloads(tx, addMs(now, -PAYLOADS_MS), AT_ONCE),
    (tx) => sealPlain(deps, tx),
  ];
  let done = 0;
  for (const step of work) done += await withSystemTx(deps.db, step);
  return done > 0;
}

async function sealPlain({ sealer }: Pick<InboxDeps, "sealer">, tx: Tx): Promise<number> {
  const rows = await listPlainPayloads(tx, AT_ONCE);
  for (const { event_id: id, body } of rows) await writeSealed(tx, id, sealBody(sealer, id as EventId, body));
  return rows.length;
}
