import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "./endpoints/endpoint.ts";

/** Who acts on an organization's endpoints, in which mode. */
export type By = { orgId: OrgId; mode: Mode; actorId: string };

export const byOf = ({ orgId, mode, userId, credentialId }: Actor): By => ({
  orgId,
  mode,
  actorId: userId ?? credentialId,
});
