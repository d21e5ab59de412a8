import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { lockUser, type StoredUser } from "../people/store.ts";
import { ERASED_AT } from "../people/user.ts";

/** An operator's act on a person, in the installation's trail. */
export const note = (
  tx: Tx,
  { clock }: Pick<IdentityDeps, "clock">,
  act: { actorId: string; action: string; targetId: UserId; detail?: Record<string, unknown> },
): Promise<void> => audit(tx, clock.now(), { orgId: INSTALLATION, ...act });

/** The person, locked; 404 for nobody, and for somebody who was erased. */
export async function lockPerson(tx: Tx, id: UserId): Promise<StoredUser> {
  const user = await lockUser(tx, id);
  if (!user || user.email.endsWith(ERASED_AT)) throw new Problem(common.not_found);
  return user;
}
