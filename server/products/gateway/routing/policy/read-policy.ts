import type { OrgId } from "../../../../platform/ids.ts";
import type { Gateway } from "../../settling/state.ts";
import { NO_POLICY, type Policy } from "./policy.ts";

/** What the organization has laid down; nothing at first. */
export async function readPolicy({ routings }: Gateway, org: OrgId): Promise<Policy> {
  return (await routings.read(org)) ?? NO_POLICY;
}
