import { asTenant, type Tx } from "../../../platform/db/index.ts";
import { INSTALLATION, type OrgId, type UserId } from "../../../platform/ids.ts";
import { deleteEveryPersonal, deletePersonalOf } from "./store.ts";

/** Takes the personal text of an erased person out of the trails of the installation and of these organizations. */
export async function forgetPerson(tx: Tx, userId: UserId, orgIds: readonly OrgId[]): Promise<void> {
  for (const orgId of new Set([INSTALLATION, ...orgIds]))
    await asTenant(tx, orgId, () => deletePersonalOf(tx, userId));
}

/** Takes all personal text out of the trail of an organization that is erased; its chain stays whole. */
export const forgetOrganization = (tx: Tx, orgId: OrgId): Promise<void> =>
  asTenant(tx, orgId, () => deleteEveryPersonal(tx, orgId));
