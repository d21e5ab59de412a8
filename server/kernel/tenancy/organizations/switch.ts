import type { Clock } from "../../../platform/clock.ts";
import { type Db, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import {
  getSession,
  moveSession,
  type OpenedSession,
  type SignedIn,
  switchSession,
} from "../../identity/index.ts";
import { findMembership } from "../members/store.ts";
import type { TenancyDeps } from "../deps.ts";
import type { Person } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { mayEnter, organizationActions } from "./organization.ts";

/**
 * Moves the session into another of the person's organizations, under a new secret or tokens; an old secret serves where it
 * was for ten seconds more. 404 where they are no member.
 */
export function switchOrganization(
  deps: Pick<TenancyDeps, "db" | "clock" | "config" | "accessTokens">,
  { userId }: Pick<Person, "userId">,
  sessionId: string,
  orgId: OrgId,
): Promise<SignedIn> {
  return withTx(deps.db, orgId, async (tx) => {
    if (!(await findMembership(tx, orgId, userId))) throw new Problem(common.not_found);
    const session = await getSession(tx, sessionId);
    if (session && !(await mayEnter(tx, orgId, userId, session.amr)))
      throw new Problem(tenancyProblems.sso_required);
    const signedIn = await switchSession(tx, deps, sessionId, orgId);
    if (!signedIn) throw new Problem(common.unauthenticated);
    return signedIn;
  });
}

/** The session goes on in another of the person's organizations, after they left this one. Null: there is none. */
export function moveOn(
  { db, clock }: { db: Db; clock: Clock },
  userId: UserId,
  sessionId: string,
): Promise<OpenedSession | null> {
  return withSystemTx(db, async (tx) => {
    const amr = (await getSession(tx, sessionId))?.amr ?? [];
    const orgId = await organizationActions.chooseOrganization(tx, userId, null, amr);
    return orgId && moveSession(tx, sessionId, orgId, clock.now());
  });
}
