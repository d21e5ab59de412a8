import { type Db, withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { type AuditFilter, type AuditRow, listEntries } from "./store.ts";

type Page = { limit: number; after: { at: Date; id: string } | null };

/** An organization's trail, newest first. */
export const readTrail = (db: Db, orgId: OrgId, filter: AuditFilter, page: Page): Promise<AuditRow[]> =>
  withTx(db, orgId, (tx) => listEntries(tx, orgId, filter, page.limit, page.after));

/** Every trail of the installation, or one, for its operators. */
export const readTrails = (
  db: Db,
  orgId: OrgId | null,
  filter: AuditFilter,
  page: Page,
): Promise<AuditRow[]> => withOperatorTx(db, (tx) => listEntries(tx, orgId, filter, page.limit, page.after));
