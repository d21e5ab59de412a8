import { type Tx, withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findUsers } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { listOwners } from "../members/store.ts";
import { actorIdOf } from "../person.ts";
import { lockOrganization, updateSuspension } from "./store.ts";

/** An operator stops an organization: its people and keys may pay and export, nothing else. Again: the reason is replaced. */
export async function suspendOrganization(
  deps: TenancyDeps,
  operator: Actor,
  orgId: OrgId,
  reason: string,
): Promise<void> {
  await changeSuspension(deps, operator, orgId, reason);
}

/** Lets it go on. Going on already: nothing happens. */
export async function resumeOrganization(deps: TenancyDeps, operator: Actor, orgId: OrgId): Promise<void> {
  await changeSuspension(deps, operator, orgId, null);
}

async function changeSuspension(
  deps: TenancyDeps,
  operator: Actor,
  orgId: OrgId,
  reason: string | null,
): Promise<void> {
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    const organization = await lockOrganization(tx, orgId);
    if (!organization) throw new Problem(common.not_found);
    if (reason === null && !organization.suspendedAt) return;
    await updateSuspension(tx, orgId, reason === null ? null : { at: now, reason });
    await audit(tx, now, {
      orgId,
      actorId: actorIdOf(operator),
      action: reason === null ? "organization.resumed" : "organization.suspended",
      targetId: orgId,
      detail: reason === null ? {} : { reason },
    });
    await (reason === null ? deps.jobs.resume(tx, orgId) : deps.jobs.pause(tx, orgId));
    await tellOwners(tx, deps, orgId, reason === null ? "tenancy.resumed" : "tenancy.suspended");
    await deps.revocations.revokeWith(tx, { orgId });
  });
}

async function tellOwners(tx: Tx, { mail }: TenancyDeps, orgId: OrgId, kind: string): Promise<void> {
  const owners = await findUsers(tx, await listOwners(tx, orgId));
  for (const { email } of owners) await mail.send(tx, { kind, to: email, orgId });
}
