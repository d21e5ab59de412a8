import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findUsers } from "../../identity/index.ts";
import type { CachedDb } from "../cached.ts";
import type { TenancyDeps } from "../deps.ts";
import { giveRole } from "../members/change.ts";
import { act } from "../members/standing.ts";
import { findMembership } from "../members/store.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { closeOrganization } from "./close.ts";
import { claimSlug } from "./organization.ts";
import { findPolicy } from "./policy-store.ts";
import type { Policy } from "./policy.ts";
import { findOrganization, type Organization, releaseOtherSlugs, updateOrganization } from "./store.ts";

const CACHED_SECONDS = 600;

export type OrganizationDetail = Omit<Organization, "role"> & { policy: Policy };

/** The organization of the credential; 404 for any other id. */
export async function organizationDetail(
  { db, cache }: CachedDb,
  actor: Actor,
  id: OrgId,
): Promise<OrganizationDetail> {
  checkOwn(actor, id);
  const entry = { resource: "settings", org: id, key: "detail", tags: [`settings:${id}`] };
  return cache.get({ ...entry, ttlSeconds: CACHED_SECONDS }, () =>
    withTx(db, id, async (tx) => {
      const organization = await findOrganization(tx, id);
      if (!organization) throw new Problem(common.not_found);
      return { ...organization, policy: await findPolicy(tx, id) };
    }),
  );
}

/** 404 for an id that is not the credential's own organization. */
export function checkOwn(actor: Actor, id: OrgId): void {
  if (id !== actor.orgId) throw new Problem(common.not_found);
}

/** A new name, a new slug, or both; the old slug is free at once. */
export async function changeOrganization(
  { db, clock, revocations }: TenancyDeps,
  actor: Actor,
  change: { name?: string | undefined; slug?: string | undefined },
): Promise<void> {
  const { orgId } = actor;
  await withTx(db, orgId, async (tx) => {
    const { organization, acting } = await act(tx, actor);
    const to = { name: change.name ?? organization.name, slug: change.slug ?? organization.slug };
    if (to.slug !== organization.slug) {
      if (!acting.permissions.has("organization.manage")) throw new Problem(common.forbidden);
      await claimSlug(tx, orgId, to.slug);
      await releaseOtherSlugs(tx, orgId, to.slug);
    }
    await updateOrganization(tx, orgId, to);
    await revocations.revokeWith(tx, { orgId });
    await audit(tx, clock.now(), {
      orgId,
      actorId: actorIdOf(actor),
      action: "organization.changed",
      targetId: orgId,
      detail: { fields: Object.keys(change), ...(organization.personal ? {} : { slug: to.slug }) },
      // It is made of the person's name.
      ...(organization.personal ? { personal: { userId: actor.userId, fields: { slug: to.slug } } } : {}),
    });
  });
}

/** Makes a member the owner, and oneself an admin. Other owners stay. */
export async function transferOrganization(deps: TenancyDeps, actor: Actor, to: UserId): Promise<void> {
  const { orgId } = actor;
  await withTx(deps.db, orgId, async (tx) => {
    const { organization, acting } = await act(tx, actor);
    if (acting.role !== "owner") throw new Problem(common.forbidden);
    if (organization.personal) throw new Problem(tenancyProblems.personal_organization);
    const [heir, self] = [
      await findMembership(tx, orgId, to),
      await findMembership(tx, orgId, actor.userId as UserId),
    ];
    if (!heir || !self || heir.userId === self.userId) throw new Problem(common.not_found);
    if (heir.role !== "owner") await giveRole(tx, deps, actor, heir, "owner");
    await giveRole(tx, deps, actor, self, "admin");
    await audit(tx, deps.clock.now(), {
      orgId,
      actorId: actorIdOf(actor),
      action: "organization.transferred",
      targetId: to,
    });
    await deps.revocations.revokeWith(tx, { orgId });
    tx.afterCommit(() => deps.hub.publish("member.updated", orgId));
  });
}

/**
 * Ends an organization: nobody gets in any more, and its keys are refused. Its books stay, behind its wall; its slug stays
 * taken, so that nobody passes for it.
 */
export async function deleteOrganization(deps: TenancyDeps, actor: Actor): Promise<void> {
  const { orgId } = actor;
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    const { organization, acting } = await act(tx, actor);
    if (acting.role !== "owner") throw new Problem(common.forbidden);
    if (organization.personal) throw new Problem(tenancyProblems.personal_organization);
    const members = await closeOrganization(tx, deps, orgId);
    const others = members.filter((userId) => userId !== actor.userId);
    for (const { email } of await findUsers(tx, others))
      await deps.mail.send(tx, { kind: "tenancy.removed", to: email, orgId });
    await audit(tx, now, {
      orgId,
      actorId: actorIdOf(actor),
      action: "organization.deleted",
      targetId: orgId,
    });
  });
}
