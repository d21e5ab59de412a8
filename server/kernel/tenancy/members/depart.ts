import { asTenant, type Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import {
  audit,
  findUsers,
  forgetOrganization,
  rotateSessionsOf,
  type DepartureActions,
} from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { eraseInvitations } from "../invitations/store.ts";
import { revokeEveryKey, revokePersonalKeys } from "../keys/store.ts";
import { closeOrganization } from "../organizations/close.ts";
import { organizationActions } from "../organizations/organization.ts";
import { lockOrganization, releaseOtherSlugs, takeSlug, updateOrganization } from "../organizations/store.ts";
import { deleteConnection } from "../sso/store.ts";
import { endMembership } from "./remove.ts";
import {
  countMembers,
  deleteAllOverrides,
  findHeir,
  findMembership,
  type Membership,
  updateRole,
} from "./store.ts";

type Deps = Pick<TenancyDeps, "clock" | "mail" | "payers" | "revocations" | "writings">;
/** What an erased organization is called. */
const ERASED = "Erased";

/** What `server/app.ts` hands to identity for people who must go, or want to. */
export const departureActions = (deps: Deps): DepartureActions => ({
  async revokeKeys(tx, userId, { actorId, whole }) {
    for (const orgId of await organizationActions.organizationIds(tx, userId))
      await asTenant(tx, orgId, async () => {
        const alone = whole && (await countMembers(tx, orgId)).all === 1;
        const now = deps.clock.now();
        const ended = alone
          ? await revokeEveryKey(tx, orgId, now)
          : await revokePersonalKeys(tx, orgId, userId, now);
        for (const targetId of ended)
          await audit(tx, now, { orgId, actorId, action: "key.revoked", targetId });
        if (alone) await deps.revocations.revokeWith(tx, { orgId });
      });
  },
  async depart(tx, userId, alias) {
    for (const orgId of await organizationActions.organizationIds(tx, userId))
      await asTenant(tx, orgId, () => leave(tx, deps, orgId, userId, alias));
  },
});

/** An organization of one goes with them; one with other members and no other owner falls to the next of them. */
async function leave(tx: Tx, deps: Deps, orgId: OrgId, userId: UserId, alias: string): Promise<void> {
  if (!(await lockOrganization(tx, orgId))) return;
  const { all, owners } = await countMembers(tx, orgId);
  const now = deps.clock.now();
  const trail = { orgId, actorId: "system" };
  if (all === 1) {
    await closeOrganization(tx, deps, orgId);
    await eraseOrganization(tx, orgId, `erased-${alias}`);
    await audit(tx, now, { ...trail, action: "organization.deleted", targetId: orgId });
    return;
  }
  const [person] = await findUsers(tx, [userId]);
  if (person) await deps.payers.forgetPerson(tx, orgId, person);
  const member = await findMembership(tx, orgId, userId);
  if (!member) return;
  const heir = member.role === "owner" && owners === 1 ? await findHeir(tx, orgId, userId) : null;
  if (heir) await succeed(tx, deps, orgId, heir);
  await endMembership(tx, deps, orgId, userId);
  await audit(tx, now, { ...trail, action: "member.left", targetId: userId, detail: { role: member.role } });
}

/** The others did not choose whom they lost, and an organization without an owner could be run by nobody. */
async function succeed(tx: Tx, deps: Deps, orgId: OrgId, { userId, role }: Membership): Promise<void> {
  const sessionEnded = (credentialId: string) => deps.revocations.revoke({ credentialId });
  await updateRole(tx, orgId, userId, "owner");
  await deleteAllOverrides(tx, orgId, userId);
  await audit(tx, deps.clock.now(), {
    orgId,
    actorId: "system",
    action: "member.role_changed",
    targetId: userId,
    detail: { from: role, to: "owner" },
  });
  await rotateSessionsOf(tx, { sessionEnded }, userId, orgId);
  const [user] = await findUsers(tx, [userId]);
  if (user)
    await deps.mail.send(tx, { kind: "tenancy.role_changed", to: user.email, orgId, ref: { role: "owner" } });
}

/** What people wrote in it of themselves and of others. Its books hold ids and amounts alone, and stay. */
async function eraseOrganization(tx: Tx, orgId: OrgId, slug: string): Promise<void> {
  await updateOrganization(tx, orgId, { name: ERASED, slug });
  await takeSlug(tx, orgId, slug);
  await releaseOtherSlugs(tx, orgId, slug);
  await eraseInvitations(tx, orgId);
  await deleteConnection(tx, orgId);
  await forgetOrganization(tx, orgId);
}
