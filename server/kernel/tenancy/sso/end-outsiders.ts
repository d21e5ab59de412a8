import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { endSessionsWithoutProof } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { listOwners } from "../members/store.ts";
import { keyOf } from "./connection.ts";
import { findConnection } from "./store.ts";

/**
 * Where an organization asks for its own issuer, the sessions there end of those who came in another way: people, tokens,
 * apps, operators who look on. Owners keep theirs. In a transaction that holds the organization's lock.
 */
export async function endOutsiders(
  tx: Tx,
  { clock, hub, revocations }: Pick<TenancyDeps, "clock" | "hub" | "revocations">,
  orgId: OrgId,
  actorId: string,
): Promise<void> {
  if (!(await findConnection(tx, orgId))?.required) return;
  const sessionEnded = (credentialId: string) => revocations.revoke({ credentialId });
  await endSessionsWithoutProof(tx, { clock, hub, sessionEnded }, orgId, {
    amr: keyOf(orgId),
    exempt: await listOwners(tx, orgId),
    actorId,
  });
  // Whoever was signing in meanwhile is asked about again as well.
  await revocations.revokeWith(tx, { orgId });
}
