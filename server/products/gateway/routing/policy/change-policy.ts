import { audit } from "../../../../kernel/identity/index.ts";
import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { INSTALLATION, type OrgId } from "../../../../platform/ids.ts";
import type { Gateway } from "../../settling/state.ts";
import { NO_POLICY, type InstallationPolicy, type Policy } from "./policy.ts";
import { findPolicy, putPolicy } from "./policy-store.ts";

type By = Pick<Actor, "userId" | "credentialId">;

/** Lays down how the organization's calls are routed; audited with what it was before. Every process heeds it at once. */
export async function changePolicy(
  gateway: Pick<Gateway, "deps" | "routings">,
  actor: By & Pick<Actor, "orgId">,
  policy: Policy,
): Promise<Policy> {
  await lay(gateway, actor, actor.orgId, policy);
  return policy;
}

/** Likewise for the calls of all organizations, where those say nothing themselves. It lies where the operators' acts do. */
export async function changeInstallationPolicy(
  gateway: Pick<Gateway, "deps" | "routings">,
  actor: By,
  policy: InstallationPolicy,
): Promise<InstallationPolicy> {
  await lay(gateway, actor, INSTALLATION, { ...NO_POLICY, ...policy });
  return policy;
}

async function lay(
  { deps, routings }: Pick<Gateway, "deps" | "routings">,
  actor: By,
  orgId: OrgId,
  policy: Policy,
): Promise<void> {
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
}
