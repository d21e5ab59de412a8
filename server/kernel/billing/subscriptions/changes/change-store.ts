/** SQL of previews of a change, which are also what carries one out. */
import type { BillingPreviews } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { StoredLine } from "../../invoices/store.ts";
import type { Period } from "../../plans/plan.ts";
import type { InvoiceLine } from "../company.ts";
import type { SubscriptionRow } from "../subscription.ts";

export type PreviewRow = Narrowed<
  BillingPreviews,
  {
    org_id: OrgId;
    id: `prv_${string}`;
    subscription_id: SubscriptionRow["id"];
    direction: "up" | "down" | "same";
    period: Period;
    lines: readonly StoredLine[];
  }
>;

/** Lines as rows keep them. */
export const storedLines = (lines: readonly InvoiceLine[]): StoredLine[] =>
  lines.map((line) => ({
    description: line.description,
    amount_minor: Number(line.amountMinor),
    quantity: line.quantity,
    period_start: line.periodStart.toISOString(),
    period_end: line.periodEnd.toISOString(),
    proration: line.proration,
  }));

/** Ends the previews that this very change came from; the newest first. */
export function finishPreviews(tx: Tx, row: SubscriptionRow, now: Date): Promise<PreviewRow[]> {
  return tx.query(
    "billing.previews_finish",
    `with done as (
       update billing.previews set done_at = $5
       where org_id = $1 and subscription_id = $2 and version_id = $3 and quantity = $4
         and used_at is not null and done_at is null and failed_at is null
       returning *)
     select * from done order by used_at desc, id desc`,
    [row.org_id, row.id, row.version_id, row.quantity, now],
  );
}

const COLUMNS = [
  "id",
  "subscription_id",
  "direction",
  "version_id",
  "period",
  "quantity",
  "amount_minor",
  "currency",
  "due_now_minor",
  "credits_micros",
  "from_version_id",
  "from_quantity",
  "from_period_start",
  "effective_at",
  "created_at",
  "expires_at",
  "lines",
] as const satisfies readonly (keyof PreviewRow)[];

export async function insertPreview(tx: Tx, row: PreviewRow): Promise<void> {
  await tx.query(
    "billing.preview_insert",
    `insert into billing.previews (org_id, ${COLUMNS.join(", ")})
     values ($1, ${COLUMNS.map((_, at) => `$${at + 2}`).join(", ")})`,
    [row.org_id, ...COLUMNS.map((name) => (name === "lines" ? JSON.stringify(row.lines) : row[name]))],
  );
}

export async function lockPreview(tx: Tx, org: OrgId, id: string): Promise<PreviewRow | null> {
  const [row] = await tx.query<PreviewRow>(
    "billing.preview_lock",
    "select * from billing.previews where org_id = $1 and id = $2 for update",
    [org, id],
  );
  return row ?? null;
}

export async function markPreviewUsed(tx: Tx, org: OrgId, id: string, now: Date): Promise<void> {
  await tx.query(
    "billing.preview_used",
    "update billing.previews set used_at = coalesce(used_at, $3) where org_id = $1 and id = $2",
    [org, id, now],
  );
}
