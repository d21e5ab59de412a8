import { asTenant, type Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { audit, forgetOrganization, type DepartureActions } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { eraseInvitations } from "../invitations/store.ts";
import { revokeEveryKey, revokePersonalKeys } from "../keys/store.ts";
import { closeOrganization } from "../organizations/close.ts";
import { organizationActions } from "../organizations/organization.ts";
import { lockOrganization, releaseOtherSlugs, takeSlug, updateOrganization } from "../organizations/store.ts";
import { deleteConnection } from "../sso/store.ts";
import { endMembership } from "./remove.ts";
import { countMembers, findMembership } from "./store.ts";

type Deps = Pick<TenancyDeps, "clock" | "revocations">;
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

/** An organization of one goes with them; one with other members and no other owner keeps an owner without a name. */
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
  const member = await findMembership(tx, orgId, userId);
  if (!member || (member.role === "owner" && owners === 1)) return;
  await endMembership(tx, deps, orgId, userId);
  await audit(tx, now, { ...trail, action: "member.left", targetId: userId, detail: { role: member.role } });
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
