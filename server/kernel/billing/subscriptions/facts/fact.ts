import type { InvoiceState } from "../../invoices/invoice.ts";
import type { SubscriptionSession } from "../company.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { SubscriptionState } from "./walk.ts";

/** What one event tells of one subscription of ours, whichever company it came from. */
export type RecurringFact = {
  subscriptionId: SubscriptionRow["id"];
  subscription: SubscriptionState | null;
  invoices: readonly InvoiceState[];
  session: { at: Date; found: SubscriptionSession } | null;
  /** The company says that the trial is about to end. */
  trialEnding: boolean;
  /** The payer has to confirm a charge. */
  actionRequired: boolean;
};
