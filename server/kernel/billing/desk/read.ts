import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import { readVersion, type Plan } from "../plans/plan.ts";
import {
  listAllPayments,
  listVersions,
  type ListedPayment,
  type Page,
  type PaymentFilter,
  type VersionRow,
} from "./store.ts";

/** Far more than plans are changed. */
const MOST_VERSIONS = 500;

/** Payments of all organizations, newest first. */
export const readPayments = (db: Db, filter: PaymentFilter, page: Page): Promise<ListedPayment[]> =>
  withOperatorTx(db, (tx) => listAllPayments(tx, filter, page));

export type PlanVersion = Pick<VersionRow, "number" | "created_at" | "subscribers"> & { plan: Plan };

/** Every version that was ever on sale, as the plan that it was: by rank, the newest of each first. */
export async function readVersions(db: Db, mode: string): Promise<PlanVersion[]> {
  const rows = await withOperatorTx(db, (tx) => listVersions(tx, mode, MOST_VERSIONS));
  return rows
    .map(({ content, ...row }) => ({ ...row, plan: readVersion(content) }))
    .toSorted(
      (a, b) =>
        a.plan.rank - b.plan.rank ||
        (a.plan.key < b.plan.key ? -1 : a.plan.key > b.plan.key ? 1 : b.number - a.number),
    );
}
