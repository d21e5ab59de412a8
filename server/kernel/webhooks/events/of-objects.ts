/** Events by what they tell of. SQL only. */
import type { Tx } from "../../../platform/db/index.ts";
import type { EventId, EventState, Mode } from "./event.ts";

export type EventOf = {
  objectId: string;
  /** A dead one first, else the last. */
  eventId: EventId;
  state: EventState;
  errorCode: string | null;
  receivedAt: Date;
  /** How many tell of the object, on every endpoint of the account. */
  count: number;
};

/** One event of each of these objects of an account; objects that none tells of are left out. */
export function findEventsOf(
  tx: Tx,
  { source, accountId, mode }: { source: string; accountId: string; mode: Mode },
  objectIds: readonly string[],
): Promise<EventOf[]> {
  if (objectIds.length === 0) return Promise.resolve([]);
  return tx.query(
    "webhooks.events_of",
    `select distinct on (e.object_id) e.object_id as "objectId", e.id as "eventId", e.state, e.error_code as "errorCode",
       e.received_at as "receivedAt", (count(*) over (partition by e.object_id))::int as count
     from webhooks.events e join webhooks.endpoints w on w.id = e.endpoint_id
     where e.object_id = any($4::text[]) and e.source = $1 and w.account_id = $2 and w.mode = $3
     order by e.object_id, (e.state = 'dead') desc, e.received_at desc, e.id desc`,
    [source, accountId, mode, objectIds],
  );
}
