import type { Statements } from "../../../platform/db/index.ts";
import type { EventId, EventState, Origin } from "../events/event.ts";

/** An event that is about to be stored. */
export type NewEvent = {
  id: EventId;
  source: string;
  endpointId: string;
  providerEventId: string;
  type: string;
  root: string;
  objectId: string;
  origin: Origin;
  state: EventState;
  errorCode: string | null;
  createdAt: Date;
  receivedAt: Date;
  /** As it is stored. */
  sealed: Buffer;
  /** JSON. */
  headers: string;
};

/**
 * Events and their bytes in one statement, hence one transaction of its own: an event without its payload cannot be. Rows
 * are sorted by the unique key, so that two batches with common events cannot lock each other out. The bodies travel as
 * one binary value and are cut here.
 */
const INSERT = `
  with input as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::jsonb[], $14::int[], $15::int[])
    as t (id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state, error_code,
      provider_created_at, received_at, headers, start, length)
  ), added as (
    insert into webhooks.events (id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state,
      error_code, provider_created_at, received_at, queued_at, next_attempt_at, finished_at, delivered_at)
    select id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state, error_code,
      provider_created_at, received_at, received_at, received_at, case when state = 'received' then null else received_at end,
      case when origin = 'delivery' then received_at end
    from input order by source, endpoint_id, provider_event_id
    on conflict (source, endpoint_id, provider_event_id) do nothing
    returning id
  )
  insert into webhooks.payloads (event_id, body, headers, sealed)
  select id, substring($16::bytea from start for length), headers, true from added join input using (id)
  returning event_id`;

/** Stores what is new and returns its ids; what was there already is left as it is. Durable when it resolves. */
export async function insertEvents(on: Statements, events: readonly NewEvent[]): Promise<Set<string>> {
  let start = 1;
  const bodies = events.map(({ sealed }) => sealed);
  const starts = bodies.map(({ length }) => (start += length) - length);
  const column = <T>(read: (event: NewEvent) => T) => events.map(read);
  const added = await on.run<{ event_id: string }>({
    name: "webhooks.insert",
    text: INSERT,
    values: [
      column(({ id }) => id),
      column(({ source }) => source),
      column(({ endpointId }) => endpointId),
      column(({ providerEventId }) => providerEventId),
      column(({ type }) => type),
      column(({ root }) => root),
      column(({ objectId }) => objectId),
      column(({ origin }) => origin),
      column(({ state }) => state),
      column(({ errorCode }) => errorCode),
      column(({ createdAt }) => createdAt.toISOString()),
      column(({ receivedAt }) => receivedAt.toISOString()),
      column(({ headers }) => headers),
      starts,
      bodies.map(({ length }) => length),
      bodies.length === 1 ? bodies[0] : Buffer.concat(bodies),
    ],
  });
  return new Set(added.map((row) => row.event_id));
}
