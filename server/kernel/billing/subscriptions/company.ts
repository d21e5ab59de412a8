/** What subscriptions need of a payment company, and what it tells of them. Types. */
import type * as vendor from "../../../vendors/stripe/index.ts";
import type { PaymentFact } from "../payments/fact.ts";
import type { Plan, PlanPrice } from "../plans/plan.ts";
import type { SubscriptionRow } from "./subscription.ts";

export type SubscriptionFact = Omit<vendor.SubscriptionFact, "cancelAtPeriodEnd"> & {
  /** Null where the company knows no such thing: what our row says counts. */
  cancelAtPeriodEnd: boolean | null;
  /** Suspended without a failure: so a company that knows no end with the period is kept from charging until then. */
  isHeld?: boolean;
  /** In a row, where the subscription itself tells; elsewhere its invoice does. */
  failedPayments?: number;
};

export type InvoiceFact = Omit<vendor.InvoiceFact, "charges"> & {
  /** What paid it; null when the object does not show it. */
  charges: PaymentFact[] | null;
};

export type { ChangePreview, InvoiceLine, SubscriptionSession } from "../../../vendors/stripe/index.ts";

/** A subscription as its company has it now, with what it paid, where that is told along with it. */
export type Told = { subscription: SubscriptionFact; invoices: readonly InvoiceFact[] };

/** Every function may throw `CompanyFault`. Keys make a call safe to repeat. */
export type SubscriptionCompany = {
  readonly accountId: string;
  readonly mode: "test" | "live";
  /** Its keys are trusted this long; afterwards the outcome is looked up instead. */
  readonly keyLifeMs: number;
  createCheckout(row: SubscriptionRow): Promise<vendor.SubscriptionSession>;
  /** One that was made without our hearing of it. `unsearchable`: there is no list, and what nobody was led to moves nothing. */
  findCheckout(row: SubscriptionRow): Promise<vendor.SubscriptionSession | "unsearchable" | null>;
  fetchCheckout(sessionId: string): Promise<vendor.SubscriptionSession>;
  /** The checkout as it is then, where the company need not be asked again. */
  closeCheckout(sessionId: string, key: string): Promise<vendor.SubscriptionSession | null>;
  /** Null for one that has not begun. `row`: as it was before the question. */
  fetch(row: SubscriptionRow, id: string): Promise<Told | null>;
  cancel(row: SubscriptionRow, id: string, key: string): Promise<Told | null>;
  cancelAtPeriodEnd(row: SubscriptionRow, id: string, key: string): Promise<Told | null>;
  /** Goes on; what is owed is paid first, where the company leaves that to us. */
  goOn(row: SubscriptionRow, id: string, key: string): Promise<Told | null>;
  refund(chargeId: string, key: string): Promise<void>;
  /** What an upgrade costs for the second that `at` begins. */
  preview(row: SubscriptionRow, current: Plan, to: Wanted, at: Date): Promise<vendor.ChangePreview>;
};

/** What a subscription is to become. */
export type Wanted = { plan: Plan; price: PlanPrice; quantity: number };
