import { INSTALLATION, type OrgId } from "../../../../platform/ids.ts";
import type { Gateway } from "../../settling/state.ts";
import { NO_POLICY, type InstallationPolicy, type Policy } from "./policy.ts";

/** What the organization has laid down; nothing at first. */
export async function readPolicy({ routings }: Pick<Gateway, "routings">, org: OrgId): Promise<Policy> {
  return (await routings.read(org)) ?? NO_POLICY;
}

/** What the operators have laid down for all; nothing at first. */
export async function readInstallationPolicy(
  gateway: Pick<Gateway, "routings">,
): Promise<InstallationPolicy> {
  const { routing, cache, compression, memory, fold_retries } = await readPolicy(gateway, INSTALLATION);
  return {
    routing,
    cache: cache || null,
    compression: compression || null,
    memory: memory || null,
    fold_retries: fold_retries === true,
  };
}
