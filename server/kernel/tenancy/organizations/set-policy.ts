import { withTx } from "../../../platform/db/index.ts";
import { inNetworks, type Actor } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { actorIdOf } from "../person.ts";
import { act } from "../members/standing.ts";
import { writePolicy } from "./policy-store.ts";
import type { Policy } from "./policy.ts";

/** Replaces the policy. 422 for one that would shut out whoever sets it, from where they are. */
export async function setPolicy(deps: TenancyDeps, actor: Actor, policy: Policy, ip: string): Promise<void> {
  const { orgId } = actor;
  if (policy.ipAllow.length > 0 && !inNetworks(ip, policy.ipAllow))
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/ip_allow", detail: "must include the address you are calling from" }],
    });
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    const { acting } = await act(tx, actor);
    if (!acting.permissions.has("organization.manage")) throw new Problem(common.forbidden);
    await writePolicy(tx, orgId, policy, now);
    await audit(tx, now, {
      orgId,
      actorId: actorIdOf(actor),
      action: "organization.policy_changed",
      targetId: orgId,
      detail: { ...policy },
    });
    await deps.revocations.revokeWith(tx, { orgId });
  });
}
