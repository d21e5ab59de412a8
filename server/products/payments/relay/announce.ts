import { newId, type OrgId } from "../../../platform/ids.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { Announcement } from "../../../kernel/ledger/index.ts";
import type { Endpoint } from "./endpoints/endpoint.ts";
import { listEndpoints } from "./endpoints/endpoint-store.ts";
import { insertMessage, nextVersion } from "./messages/message-store.ts";

/**
 * Writes a message per event and endpoint that asked for its type, in the caller's transaction: with its commit they are
 * there, without it they never were. Objects are locked in the order of their ids, after all that the caller locks.
 */
export async function announce(
  tx: Tx,
  org: OrgId,
  events: readonly Announcement[],
  now: Date,
): Promise<{ messages: number }> {
  const byMode = new Map<string, Endpoint[]>();
  let messages = 0;
  for (const event of events.toSorted((a, b) =>
    a.objectId < b.objectId ? -1 : a.objectId > b.objectId ? 1 : 0,
  )) {
    const known = byMode.get(event.mode) ?? (await listEndpoints(tx, org, event.mode));
    byMode.set(event.mode, known);
    const asked = known.filter(({ enabled, types }) => enabled && types.includes(event.type));
    if (asked.length === 0) continue;
    await writeMessages(tx, org, event, asked, now);
    messages += asked.length;
  }
  return { messages };
}

/** The same event, to each of these endpoints. */
export async function writeMessages(
  tx: Tx,
  org: OrgId,
  { type, objectId, object }: Omit<Announcement, "mode">,
  endpoints: readonly Endpoint[],
  now: Date,
): Promise<void> {
  const eventId = newId("evt");
  const version = await nextVersion(tx, org, objectId);
  const body = JSON.stringify({
    id: eventId,
    type,
    timestamp: now.toISOString(),
    object_version: Number(version),
    data: { object: object() },
  });
  for (const { id: endpointId } of endpoints)
    await insertMessage(tx, {
      orgId: org,
      id: newId("msg"),
      endpointId,
      eventId,
      type,
      objectId,
      objectVersion: version,
      body,
      state: "pending",
      attempts: 0,
      tries: 0,
      dueAt: now,
      lastStatus: null,
      createdAt: now,
      finishedAt: null,
    });
}
