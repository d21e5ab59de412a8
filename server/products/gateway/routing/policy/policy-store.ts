/** SQL of the organizations' policies, and of the installation's. */
import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { NO_POLICY, type Policy } from "./policy.ts";

const FIND = `select policy from gateway.policies where org_id = $1`;

export async function findPolicy(tx: Tx, org: OrgId): Promise<Policy | null> {
  const rows = await tx.query<{ policy: Policy }>("gateway.policy", FIND, [org]);
  // Laid down before there was a cache, it says nothing of one.
  return rows[0] ? { ...NO_POLICY, ...rows[0].policy } : null;
}

const PUT = `
  insert into gateway.policies (org_id, policy, updated_at) values ($1, $2, $3)
  on conflict (org_id) do update set policy = excluded.policy, updated_at = excluded.updated_at`;

export async function putPolicy(tx: Tx, org: OrgId, policy: Policy, now: Date): Promise<void> {
  await tx.query("gateway.put_policy", PUT, [org, JSON.stringify(policy), now]);
}
