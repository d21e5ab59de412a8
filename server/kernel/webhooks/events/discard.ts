import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { note } from "../endpoints/change.ts";
import type { EventId } from "./event.ts";
import { webhookProblems } from "../problems.ts";

/** Gives up dead events, all of them or none: they are ignored from now on, for the reason told. 409 `not_dead`. */
export function discardEvents(
  deps: InboxDeps,
  input: { ids: readonly EventId[]; reason: string },
  actorId: string,
): Promise<number> {
  const ids = [...new Set(input.ids)].toSorted();
  return withSystemTx(deps.db, async (tx) => {
    const rows = await tx.query(
      "webhooks.discard",
      `update webhooks.events e set state = 'ignored', error_code = 'discarded', error_detail = $2, finished_at = $3
       where e.id in (select id from webhooks.events where id = any($1) order by id for update) and e.state = 'dead'
       returning e.id`,
      [ids, input.reason, deps.clock.now()],
    );
    if (rows.length < ids.length) throw new Problem(webhookProblems.not_dead);
    // The trail names few of many: the events themselves hold the reason.
    const detail = { count: ids.length, first: ids[0], last: ids.at(-1), reason: input.reason };
    await note(deps, tx, actorId, "events.discarded", ids[0] ?? "", detail);
    tx.afterCommit(() => deps.hub.publish("webhooks.counts", null));
    return rows.length;
  });
}
