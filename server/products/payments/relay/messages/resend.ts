import { withTx, type Tx } from "../../../../platform/db/index.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import { audit } from "../../../../kernel/identity/index.ts";
import type { By } from "../actor.ts";
import { writeMessages } from "../announce.ts";
import { getEndpoint } from "../endpoints/change-endpoint.ts";
import type { EndpointId, MessageId } from "../endpoints/endpoint.ts";
import { TEST_TYPE } from "../event-type.ts";
import { findMessage, requeue } from "./message-store.ts";
import { relayProblems } from "../problems.ts";
import type { Relay } from "../relay.ts";

/** Put back into the queue at once. */
const MOST = 10_000;

/** One message once more, with the id, body and version it always had. 409 while it waits. */
export function resendMessage({ deps, tell }: Relay, by: By, id: MessageId): Promise<void> {
  return withTx(deps.db, by.orgId, async (tx) => {
    const now = deps.clock.now();
    const known = await findMessage(tx, by.orgId, by.mode, id);
    if (!known) throw new Problem(common.not_found);
    await getEnabled(tx, by, known.endpointId);
    if ((await requeue(tx, by.orgId, known.endpointId, { id }, now)) === 0)
      throw new Problem(relayProblems.message_waits);
    tx.afterCommit(tell);
  });
}

/** What an endpoint was told in a time, or what of it failed, once more. Returns how many; 10,000 at most. */
export function replayMessages(
  { deps, tell }: Relay,
  by: By,
  id: EndpointId,
  range: { from: Date; to: Date; onlyFailed: boolean },
): Promise<number> {
  return withTx(deps.db, by.orgId, async (tx) => {
    const now = deps.clock.now();
    await getEnabled(tx, by, id);
    const count = await requeue(tx, by.orgId, id, { ...range, most: MOST }, now);
    await audit(tx, now, {
      orgId: by.orgId,
      actorId: by.actorId,
      action: "outbound_endpoint.replayed",
      targetId: id,
      detail: { from: range.from.toISOString(), to: range.to.toISOString(), messages: count },
    });
    tx.afterCommit(tell);
    return count;
  });
}

/** A message of no consequence, to see that an endpoint works. */
export function testEndpoint({ deps, tell }: Relay, by: By, id: EndpointId): Promise<void> {
  return withTx(deps.db, by.orgId, async (tx) => {
    const endpoint = await getEnabled(tx, by, id);
    const object = () => ({ id, url: endpoint.url });
    await writeMessages(
      tx,
      by.orgId,
      { type: TEST_TYPE, objectId: id, object },
      [endpoint],
      deps.clock.now(),
    );
    tx.afterCommit(tell);
  });
}

async function getEnabled(tx: Tx, by: By, id: EndpointId) {
  const endpoint = await getEndpoint(tx, by, id);
  if (!endpoint.enabled) throw new Problem(relayProblems.endpoint_disabled);
  return endpoint;
}
