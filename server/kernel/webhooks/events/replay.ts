import { withSystemTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { note } from "../endpoints/change.ts";
import type { EventId } from "./event.ts";
import { webhookProblems } from "../problems.ts";
import { getEvent, getStoredBody, type EventDetail } from "./read.ts";
import { requeue } from "../replays/store.ts";

/**
 * Puts a finished event back into the queue, under a run of its own. What it did before is found again by reference, so a
 * replay of a processed event changes nothing. 404 for an unknown event, 409 `event_open` for one that is not finished, 410
 * when its bytes are gone.
 */
export function replayEvent(deps: InboxDeps, id: EventId, actorId: string): Promise<EventDetail> {
  return withSystemTx(deps.db, async (tx) => {
    const runId = newId("run");
    if ((await requeue(tx, [id], runId, deps.clock.now())).length === 1) {
      await note(deps, tx, actorId, "event.replayed", id, { run_id: runId });
      return getEvent(tx, id);
    }
    const [row] = await tx.query<{ open: boolean }>(
      "webhooks.open",
      "select finished_at is null as open from webhooks.events where id = $1",
      [id],
    );
    if (!row) throw new Problem(common.not_found);
    if (row.open) throw new Problem(webhookProblems.event_open);
    await getStoredBody(tx, id);
    throw new Problem(webhookProblems.event_open);
  });
}
