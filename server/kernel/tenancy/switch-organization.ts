import type { Clock } from "../../platform/clock.ts";
import { type Db, withTx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import { moveSession, type OpenedSession } from "../identity/index.ts";
import type { Person } from "./person.ts";
import { findRole } from "./store.ts";

/** Moves the session into another of the person's organizations, under a new secret; the old one serves where it was for ten seconds more. 404 where they are no member. */
export function switchOrganization(
  { db, clock }: { db: Db; clock: Clock },
  { userId }: Pick<Person, "userId">,
  sessionId: string,
  orgId: OrgId,
): Promise<OpenedSession> {
  return withTx(db, orgId, async (tx) => {
    if (!(await findRole(tx, orgId, userId))) throw new Problem(common.not_found);
    const opened = await moveSession(tx, sessionId, orgId, clock.now());
    if (!opened) throw new Problem(common.unauthenticated);
    return opened;
  });
}
