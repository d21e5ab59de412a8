/** What is told outside of subscriptions and their invoices, as the API shows them. */
import { z } from "zod";
import type { Tx } from "../../../../platform/db/index.ts";
import type { Announcement } from "../../../ledger/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { invoiceAnswer, presentInvoice } from "../../invoices/schemas.ts";
import type { InvoiceRow } from "../../invoices/store.ts";
import { currentOf } from "../read.ts";
import { currentAnswer, presentCurrent } from "../schemas.ts";
import { noteRecurring } from "../recurring.ts";
import { updateSubscriptions } from "../store.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";

type Deps = Pick<BillingDeps, "plans" | "versions">;
type SubscriptionEvent = `subscription.${"created" | "updated" | "deleted" | "trial_ending"}`;

/** Writes a row that was locked before, where it has changed, and tells of it. */
export async function saveAndTell(
  deps: Deps & Pick<BillingDeps, "announce" | "clock">,
  tx: Tx,
  before: SubscriptionRow,
  row: SubscriptionRow,
): Promise<void> {
  if (row === before) return;
  await updateSubscriptions(tx, row.org_id, [row]);
  const told = await subscriptionAnnouncements(deps, tx, before, row);
  if (told.length > 0) await deps.announce(tx, row.org_id, told);
  await noteRecurring(tx, row.org_id, [row], deps.clock.now());
}

/**
 * `subscription.created` of one that has begun, `subscription.deleted` of one that has ended, `subscription.updated` of one
 * that goes on and is shown otherwise; nothing of a checkout, or of a second one that is given back.
 */
export async function subscriptionAnnouncements(
  deps: Deps,
  tx: Tx,
  before: SubscriptionRow | null,
  row: SubscriptionRow,
): Promise<Announcement[]> {
  const wasLive = before !== null && isLive(before);
  if (!isLive(row))
    return wasLive ? [await subscriptionAnnouncement(deps, tx, row, "subscription.deleted")] : [];
  if (!wasLive) return [await subscriptionAnnouncement(deps, tx, row, "subscription.created")];
  const [old, told] = [await shown(deps, tx, before), await shown(deps, tx, row)];
  return JSON.stringify(old) === JSON.stringify(told)
    ? []
    : [announcement(row, "subscription.updated", told)];
}

export const subscriptionAnnouncement = async (
  deps: Deps,
  tx: Tx,
  row: SubscriptionRow,
  type: SubscriptionEvent,
): Promise<Announcement> => announcement(row, type, await shown(deps, tx, row));

const announcement = (
  { id, mode }: SubscriptionRow,
  type: SubscriptionEvent,
  object: Record<string, unknown>,
): Announcement => ({ type, mode, objectId: id, object: () => object });

const shown = async (deps: Deps, tx: Tx, row: SubscriptionRow) =>
  z.encode(currentAnswer, presentCurrent(await currentOf(deps, tx, row)));

/** A draft is nobody's business; what comes afterwards is told once, a failed payment each time. */
export function invoiceAnnouncements(before: InvoiceRow | null, row: InvoiceRow): Announcement[] {
  if (row.status === "draft") return [];
  const isNew = before === null || before.status === "draft";
  const isPaid = row.status === "paid" && before?.status !== "paid";
  const hasFailed = row.status === "open" && row.attempts > (before?.attempts ?? 0);
  const types = [
    ...(isNew ? ["invoice.created"] : []),
    ...(isPaid ? ["invoice.paid"] : []),
    ...(hasFailed ? ["invoice.payment_failed"] : []),
  ];
  return types.map((type) => ({
    type,
    mode: row.mode,
    objectId: row.id,
    object: () => z.encode(invoiceAnswer, presentInvoice(row)),
  }));
}
