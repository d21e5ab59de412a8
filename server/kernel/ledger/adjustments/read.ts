import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import { isId, type UserId } from "../../../platform/ids.ts";
import { findUsers } from "../../identity/index.ts";
import { findOrganizationName } from "../../tenancy/index.ts";
import type { Adjustment } from "./adjustment.ts";
import { listAdjustments, type AdjustmentFilter } from "./store.ts";

export type ListedAdjustment = Adjustment & { organization: string | null; requestedByName: string | null };

/** Newest first, with the names of organizations and of who asked. */
export function readAdjustments(
  db: Db,
  filter: AdjustmentFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<ListedAdjustment[]> {
  return withOperatorTx(db, async (tx) => {
    const rows = await listAdjustments(tx, filter, page);
    const people = await findUsers(tx, [
      ...new Set(rows.map(({ requestedBy }) => requestedBy).filter((id): id is UserId => isId("usr", id))),
    ]);
    const names = new Map<string, string>(people.map(({ id, fullName }) => [id, fullName]));
    const organizations = new Map<string, string | null>();
    for (const orgId of new Set(rows.map((row) => row.orgId)))
      organizations.set(orgId, await findOrganizationName(tx, orgId));
    return rows.map((row) => ({
      ...row,
      organization: organizations.get(row.orgId) ?? null,
      requestedByName: names.get(row.requestedBy) ?? null,
    }));
  });
}
