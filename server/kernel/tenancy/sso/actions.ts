import { asTenant, withSystemTx, type Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, type Company, type ConnectionActions } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { countMembers, findMembership, insertMembership } from "../members/store.ts";
import { findRoom } from "../organizations/organization.ts";
import { findOrganization, lockOrganization } from "../organizations/store.ts";
import { tenancyProblems } from "../problems.ts";
import { keyOf, secretPlace } from "./connection.ts";
import { findConnection, locateDomain } from "./store.ts";

type Deps = Pick<TenancyDeps, "db" | "clock" | "seats" | "hub" | "revocations" | "sealer" | "issuers">;

const KEY = /^sso:(org_[0-9a-f]{32})$/;

/** What `server/app.ts` hands to identity, so that people sign in with their organization's own issuer. */
export const connectionActions = (deps: Deps): ConnectionActions => ({
  findByDomain: (domain) =>
    withSystemTx(deps.db, async (tx) => {
      const orgId = await locateDomain(tx, domain);
      return orgId && asTenant(tx, orgId, () => companyOf(tx, deps, orgId));
    }),
  findByKey(key) {
    const orgId = KEY.exec(key)?.[1] as OrgId | undefined;
    if (!orgId) return Promise.resolve(null);
    return withSystemTx(deps.db, (tx) => asTenant(tx, orgId, () => companyOf(tx, deps, orgId)));
  },
  join: (tx, orgId, userId) => asTenant(tx, orgId, () => join(tx, deps, orgId, userId)),
});

/** The issuer of an organization that is there and whose domain is proven. */
async function companyOf(tx: Tx, { sealer, issuers }: Deps, orgId: OrgId): Promise<Company | null> {
  const connection = await findConnection(tx, orgId);
  if (!connection?.provenAt || !(await findOrganization(tx, orgId))) return null;
  const { issuer, clientId, secretSealed, domain } = connection;
  const clientSecret = sealer.open(secretSealed, secretPlace(orgId)).toString();
  return {
    key: keyOf(orgId),
    label: "sso",
    callbackPath: "/api/auth/sso/callback",
    signIn: issuers.issuer({ issuer, clientId, clientSecret }),
    own: { orgId, domain },
  };
}

/** Somebody new whom the issuer vouches for becomes a viewer, while there is a seat. */
async function join(tx: Tx, deps: Deps, orgId: OrgId, userId: UserId): Promise<void> {
  const { clock, seats, hub, revocations } = deps;
  const now = clock.now();
  const organization = await lockOrganization(tx, orgId);
  if (!organization) throw new Problem(common.not_found);
  if (organization.suspendedAt) throw new Problem(common.organization_suspended);
  if (await findMembership(tx, orgId, userId)) return;
  if ((await countMembers(tx, orgId)).all >= (await seats(tx, orgId)))
    throw new Problem(tenancyProblems.seat_limit);
  await findRoom(tx, userId, orgId);
  await insertMembership(tx, orgId, { userId, role: "viewer", now });
  await audit(tx, now, {
    orgId,
    actorId: userId,
    action: "member.joined",
    targetId: userId,
    detail: { role: "viewer", by: "sso" },
  });
  await revocations.revokeWith(tx, { userId, orgId });
  tx.afterCommit(() => hub.publish("member.updated", orgId, { user_id: userId }));
}
