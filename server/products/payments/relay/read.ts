import { withOperatorTx, withTx, type Db } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { By } from "./actor.ts";
import type { Attempt, Endpoint, Message, MessageId } from "./endpoints/endpoint.ts";
import { listAllEndpoints, listEndpoints } from "./endpoints/endpoint-store.ts";
import { findMessage, listAttempts, listMessages, type MessageFilter } from "./messages/message-store.ts";

export const readEndpoints = (db: Db, { orgId, mode }: By): Promise<Endpoint[]> =>
  withTx(db, orgId, (tx) => listEndpoints(tx, orgId, mode));

/** Of every organization, newest first; one more than `limit` when there are more. */
export const readAllEndpoints = (db: Db, before: string | null, limit: number): Promise<Endpoint[]> =>
  withOperatorTx(db, (tx) => listAllEndpoints(tx, { limit: limit + 1, before }));

/** Newest first; one more than `limit` when there are more. */
export const readMessages = (
  db: Db,
  { orgId, mode }: By,
  filter: MessageFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<Message[]> =>
  withTx(db, orgId, (tx) => listMessages(tx, orgId, mode, filter, { ...page, limit: page.limit + 1 }));

/** With its attempts, newest first. */
export const readMessage = (
  db: Db,
  { orgId, mode }: By,
  id: MessageId,
): Promise<Message & { attemptsLog: Attempt[] }> =>
  withTx(db, orgId, async (tx) => {
    const message = await findMessage(tx, orgId, mode, id);
    if (!message) throw new Problem(common.not_found);
    return { ...message, attemptsLog: await listAttempts(tx, orgId, id) };
  });
