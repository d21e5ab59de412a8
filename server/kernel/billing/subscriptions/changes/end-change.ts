import { CompanyFault } from "../../../../platform/calls/index.ts";
import { type Tx, withTx } from "../../../../platform/db/index.ts";
import { audit } from "../../../identity/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { InvoiceRow } from "../../invoices/store.ts";
import { mailOwners } from "../notices/mails.ts";
import { lockSubscriptions } from "../store.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { PreviewRow } from "./change-store.ts";
import { failOrder, failOrderOf } from "./order-store.ts";

/** With its invoice a change is off that waited for it: the plan goes on, and its owners are told. */
export async function endChange(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  { id, reason, status }: Pick<InvoiceRow, "id" | "reason" | "status">,
  now: Date,
): Promise<void> {
  if (reason !== "update" || (status !== "void" && status !== "uncollectible")) return;
  if (!(await failOrderOf(tx, row.org_id, id, now))) return;
  await audit(tx, now, {
    orgId: row.org_id,
    actorId: "system",
    action: "subscription.change_given_up",
    targetId: row.id,
    detail: { reason: "not_paid" },
  });
  await mailOwners(deps, tx, row, "billing.change_given_up");
}

/** An upgrade that Stripe refused: the same order is not sent again, and brings nothing when a later one is paid. */
export async function noteRefusal(
  { clock, db }: Pick<BillingDeps, "clock" | "db">,
  { org_id: org }: SubscriptionRow,
  { direction, id }: PreviewRow,
  error: unknown,
): Promise<void> {
  if (direction !== "up" || !(error instanceof CompanyFault) || error.kind === "unavailable") return;
  await withTx(db, org, async (tx) => {
    await lockSubscriptions(tx, org);
    await failOrder(tx, org, id, clock.now());
  });
}
