import { asTenant, type Tx } from "../../../platform/db/index.ts";
import { INSTALLATION, type OrgId, type UserId } from "../../../platform/ids.ts";
import { deletePersonalOf } from "./store.ts";

/** Takes the personal text of an erased person out of the trails of the installation and of these organizations. */
export async function forgetPerson(tx: Tx, userId: UserId, orgIds: readonly OrgId[]): Promise<void> {
  for (const orgId of new Set([INSTALLATION, ...orgIds]))
    await asTenant(tx, orgId, () => deletePersonalOf(tx, userId));
}
