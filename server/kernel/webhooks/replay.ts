import { withSystemTx } from "../../platform/db/index.ts";
import { Problem, common } from "../../platform/problem.ts";
import { audit, INSTALLATION } from "../identity/index.ts";
import type { InboxDeps } from "./deps.ts";
import type { EventId } from "./event.ts";
import { webhookProblems } from "./problems.ts";
import { getEvent, type EventDetail } from "./read.ts";

/**
 * Puts a finished event back into the queue. What it did before is found again by reference, so a replay of a processed
 * event changes nothing. 404 for an unknown event, 409 `event_open` for one that is not finished.
 */
export function replayEvent(
  { db, clock }: Pick<InboxDeps, "db" | "clock">,
  id: EventId,
  actorId: string,
): Promise<EventDetail> {
  return withSystemTx(db, async (tx) => {
    const rows = await tx.query(
      "webhooks.replay",
      `update webhooks.events set state = 'received', attempts = 0, replays = replays + 1, queued_at = $2,
         next_attempt_at = $2, finished_at = null, error_code = null, error_detail = null
       where id = $1 and state in ('dead', 'processed', 'ignored') returning id`,
      [id, clock.now()],
    );
    if (rows.length === 1) {
      const act = { actorId, action: "event.replayed", targetId: id };
      await audit(tx, clock.now(), { orgId: INSTALLATION, ...act });
      return getEvent(tx, id);
    }
    const [open] = await tx.query("webhooks.exists", "select id from webhooks.events where id = $1", [id]);
    throw new Problem(open ? webhookProblems.event_open : common.not_found);
  });
}
