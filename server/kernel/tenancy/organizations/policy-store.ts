import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { NO_POLICY, type Policy } from "./policy.ts";

export async function findPolicy(tx: Tx, orgId: OrgId): Promise<Policy> {
  const [row] = await tx.query<Policy>(
    "tenancy_policy",
    `select mfa_required as "mfaRequired", methods, idle_minutes as "idleMinutes", ip_allow as "ipAllow"
     from tenancy.policies where org_id = $1`,
    [orgId],
  );
  return row ?? NO_POLICY;
}

export async function writePolicy(tx: Tx, orgId: OrgId, policy: Policy, now: Date): Promise<void> {
  await tx.query(
    "tenancy_write_policy",
    `insert into tenancy.policies (org_id, mfa_required, methods, idle_minutes, ip_allow, updated_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (org_id) do update set mfa_required = $2, methods = $3, idle_minutes = $4, ip_allow = $5,
       updated_at = $6`,
    [orgId, policy.mfaRequired, policy.methods, policy.idleMinutes, policy.ipAllow, now],
  );
}
