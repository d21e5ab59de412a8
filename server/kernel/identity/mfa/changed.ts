import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { IdentityDeps } from "../deps.ts";
import { renewSession } from "../sessions/rotate-session.ts";
import type { OpenedSession } from "../sessions/session.ts";
import { listOpenSessionIds } from "./store.ts";
import type { Owner } from "./owner.ts";

/** After commit, what is remembered of the person's sessions is asked for anew: what they must do first has changed. */
export async function factorsChanged(
  tx: Tx,
  { sessionEnded }: Pick<IdentityDeps, "sessionEnded">,
  userId: UserId,
): Promise<void> {
  const ids = await listOpenSessionIds(tx, userId);
  tx.afterCommit(() => ids.forEach(sessionEnded));
}

/** A session that has gained a factor goes on under a new secret. Null for callers without a cookie. */
export const renewSecret = async (tx: Tx, { sessionId }: Owner, now: Date): Promise<OpenedSession | null> =>
  sessionId && renewSession(tx, sessionId, now);
