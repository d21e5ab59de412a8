import { audit } from "../../../../kernel/identity/index.ts";
import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import type { Gateway } from "../../settling/state.ts";
import type { Policy } from "./policy.ts";
import { findPolicy, putPolicy } from "./policy-store.ts";

/** Lays down how the organization's calls are routed; audited with what it was before. Every process heeds it at once. */
export async function changePolicy(
  { deps, routings }: Gateway,
  actor: Actor,
  policy: Policy,
): Promise<Policy> {
  const { orgId } = actor;
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    const before = await findPolicy(tx, orgId);
    await putPolicy(tx, orgId, policy, now);
    await audit(tx, now, {
      orgId,
      actorId: actor.userId ?? actor.credentialId,
      action: "llm_policy.changed",
      targetId: orgId,
      detail: { before, after: policy },
    });
  });
  routings.changed(orgId);
  return policy;
}
