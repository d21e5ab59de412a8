import { withSystemTx } from "../../../platform/db/index.ts";
import type { InboxDeps } from "../deps.ts";
import { note } from "../endpoints/change.ts";
import type { EventId } from "./event.ts";
import { openBody } from "./payload.ts";
import { getStoredBody } from "./read.ts";

/** The exact bytes as they came; it is noted who asked for them. 404 for an unknown event, 410 when they are kept no more. */
export async function readPayload(deps: InboxDeps, id: EventId, actorId: string): Promise<Buffer> {
  const stored = await withSystemTx(deps.db, async (tx) => {
    const found = await getStoredBody(tx, id);
    await note(deps, tx, actorId, "event.payload_read", id, {});
    return found;
  });
  return openBody(deps.sealer, id, stored);
}
