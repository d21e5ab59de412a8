import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import type { TenancyDeps } from "../deps.ts";
import { endInvitations } from "../invitations/store.ts";
import { revokeEveryKey } from "../keys/store.ts";
import { endMembership } from "../members/remove.ts";
import { listMemberships } from "../members/store.ts";
import { releaseDomains } from "../sso/store.ts";
import { markDeleted } from "./store.ts";

/** More members than that are removed with the organization in further transactions than one; no plan allows as many. */
const MOST_MEMBERS = 10_000;

/**
 * Nobody gets in any more, keys are refused, invitations void, its domain free, its payers and what its people wrote forgotten. Returns who was a
 * member. In a transaction that holds the organization's lock.
 */
export async function closeOrganization(
  tx: Tx,
  deps: Pick<TenancyDeps, "clock" | "payers" | "revocations" | "writings">,
  orgId: OrgId,
): Promise<UserId[]> {
  const now = deps.clock.now();
  await markDeleted(tx, orgId, now);
  await revokeEveryKey(tx, orgId, now);
  await endInvitations(tx, orgId, now);
  await releaseDomains(tx, orgId);
  await deps.payers.forget(tx, orgId);
  await deps.writings.forget(tx, orgId);
  const members = await listMemberships(tx, orgId, null, MOST_MEMBERS, null);
  for (const { userId } of members) await endMembership(tx, deps, orgId, userId);
  await deps.revocations.revokeWith(tx, { orgId });
  return members.map(({ userId }) => userId);
}
