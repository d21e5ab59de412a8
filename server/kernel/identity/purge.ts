import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import type { IdentityDeps } from "./deps.ts";
import { deleteOldFlows } from "./oauth/store.ts";
import { deleteOldLinks } from "./people/link-store.ts";
import { deleteOldSessions } from "./sessions/store.ts";
import { deleteOldJtis } from "./tokens/store.ts";

const DAY_MS = 86_400_000;
/** Sessions stay 30 days after their end, with its reason. */
const SESSIONS_KEPT_MS = 30 * DAY_MS;
const LINKS_KEPT_MS = 7 * DAY_MS;
const BATCH = 1_000;

/** Deletes a batch of what is too old. True when there may be more. */
export function purge({ db, clock }: Pick<IdentityDeps, "db" | "clock">): Promise<boolean> {
  return withSystemTx(db, async (tx) => {
    const now = clock.now();
    const sessions = await deleteOldSessions(tx, addMs(now, -SESSIONS_KEPT_MS), BATCH);
    const links = await deleteOldLinks(tx, addMs(now, -LINKS_KEPT_MS), BATCH);
    const jtis = await deleteOldJtis(tx, now, BATCH);
    const flows = await deleteOldFlows(tx, now, BATCH);
    return [sessions, links, jtis, flows].includes(BATCH);
  });
}
