import { hashToken } from "../../../platform/crypto/index.ts";
import { asTenant, type Db, type Tx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findActiveUser, type InvitationActions } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { countMembers, findMembership, insertMembership } from "../members/store.ts";
import { findRoom } from "../organizations/organization.ts";
import {
  findOrganization,
  findOrganizationOf,
  lockOrganization,
  type Organization,
} from "../organizations/store.ts";
import { tenancyProblems } from "../problems.ts";
import { endInvitation, findInvitation, type Invitation, locateInvitation } from "./store.ts";

type Found = { orgId: OrgId; invitation: Invitation };

const TOKEN = /^[A-Za-z0-9_-]{20,200}$/;

/** The invitation that a token is for; null when it is no good any more. */
async function findByToken(tx: Tx, token: string, now: Date): Promise<Found | null> {
  const place = TOKEN.test(token) ? await locateInvitation(tx, hashToken(token)) : null;
  if (!place) return null;
  const { orgId, id } = place;
  const invitation = await asTenant(tx, orgId, () => findInvitation(tx, orgId, id));
  return invitation?.state === "pending" && invitation.expiresAt > now ? { orgId, invitation } : null;
}

const spent = () => new Problem(tenancyProblems.invitation_spent);

/** What an invitation's page shows before anybody signs in. Spends nothing. 410 for a token that is no good. */
export function readInvitation(
  { db, clock }: Pick<TenancyDeps, "db" | "clock">,
  token: string,
): Promise<{ invitation: Invitation; organization: string }> {
  return withSystemTx(db, async (tx) => {
    const found = await findByToken(tx, token, clock.now());
    if (!found) throw spent();
    const { orgId, invitation } = found;
    const organization = await asTenant(tx, orgId, () => findOrganization(tx, orgId));
    if (!organization) throw spent();
    return { invitation, organization: organization.name };
  });
}

type JoinDeps = Pick<TenancyDeps, "clock" | "seats" | "hub" | "revocations">;

/** The invited person joins. 403 for anybody else, 410 for a token that is no good, 409 without a seat. */
export async function acceptInvitation(
  deps: JoinDeps & { db: Db },
  userId: UserId,
  token: string,
): Promise<Organization> {
  const { user, found } = await withSystemTx(deps.db, async (tx) => ({
    user: await findActiveUser(tx, userId),
    found: await findByToken(tx, token, deps.clock.now()),
  }));
  if (!found) throw spent();
  const { orgId, invitation } = found;
  if (user?.email !== invitation.email) throw new Problem(tenancyProblems.other_address);
  return withTx(deps.db, orgId, async (tx) => {
    await join(tx, deps, orgId, invitation.id, userId);
    const joined = await findOrganizationOf(tx, orgId, userId);
    if (!joined) throw new Error("an organization just joined is not there");
    return joined;
  });
}

/** In a transaction that sees the organization. Its lock comes first, as for all who change members. */
async function join(tx: Tx, deps: JoinDeps, orgId: OrgId, id: Id<"ivt">, userId: UserId): Promise<void> {
  const { clock, seats, hub, revocations } = deps;
  const now = clock.now();
  const organization = await lockOrganization(tx, orgId);
  const invitation = organization && (await findInvitation(tx, orgId, id));
  if (invitation?.state !== "pending" || invitation.expiresAt <= now) throw spent();
  if (organization?.suspendedAt) throw new Problem(common.organization_suspended);
  await endInvitation(tx, orgId, id, "accepted", now);
  if (!(await findMembership(tx, orgId, userId))) {
    if ((await countMembers(tx, orgId)).all >= (await seats(tx, orgId)))
      throw new Problem(tenancyProblems.seat_limit);
    await findRoom(tx, userId, orgId);
    await insertMembership(tx, orgId, { userId, role: invitation.role, now });
  }
  await audit(tx, now, {
    orgId,
    actorId: userId,
    action: "invitation.accepted",
    targetId: id,
    detail: { role: invitation.role },
  });
  await revocations.revokeWith(tx, { userId, orgId });
  tx.afterCommit(() => {
    hub.publish("invitation.accepted", orgId, { id });
    hub.publish("member.updated", orgId, { user_id: userId });
  });
}

/** What `server/app.ts` hands to identity, so that an invitation's token confirms its own address at registration. */
export const invitationActions = (deps: JoinDeps): InvitationActions => ({
  async invitedAddress(tx, token) {
    return (await findByToken(tx, token, deps.clock.now()))?.invitation.email ?? null;
  },
  async acceptInvitation(tx, token, user) {
    const found = await findByToken(tx, token, deps.clock.now());
    if (!found || found.invitation.email !== user.email) throw spent();
    const { orgId, invitation } = found;
    await asTenant(tx, orgId, () => join(tx, deps, orgId, invitation.id, user.id));
  },
});
