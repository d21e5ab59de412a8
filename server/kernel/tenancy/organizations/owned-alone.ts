import { asTenant, type Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";

/** Names of the organizations among these that would keep members and lose their only owner with this person. */
export async function ownedAlone(tx: Tx, orgIds: readonly OrgId[], userId: UserId): Promise<string[]> {
  const names: string[] = [];
  for (const orgId of orgIds) {
    const [row] = await asTenant(tx, orgId, () => findIfAlone(tx, orgId, userId));
    if (row) names.push(row.name);
  }
  return names;
}

const findIfAlone = (tx: Tx, orgId: OrgId, userId: UserId): Promise<{ name: string }[]> =>
  tx.query<{ name: string }>(
    "tenancy_owned_alone",
    `select o.name from tenancy.organizations o
     where o.org_id = $1
       and exists (select from tenancy.memberships m where m.org_id = $1 and m.user_id = $2 and m.role = 'owner')
       and exists (select from tenancy.memberships m where m.org_id = $1 and m.user_id <> $2)
       and not exists (select from tenancy.memberships m where m.org_id = $1 and m.user_id <> $2 and m.role = 'owner')`,
    [orgId, userId],
  );
