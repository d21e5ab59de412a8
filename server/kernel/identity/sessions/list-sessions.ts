import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { IdentityDeps } from "../deps.ts";
import { idleSince } from "./session.ts";
import { type ListedSession, listSessions } from "./store.ts";

/** What is signed in as this person now, the one used last first. */
export function sessionsOf(
  { db, clock, config }: Pick<IdentityDeps, "db" | "clock" | "config">,
  userId: UserId,
): Promise<ListedSession[]> {
  const now = clock.now();
  return withSystemTx(db, (tx) => listSessions(tx, userId, idleSince(config, now), now));
}
