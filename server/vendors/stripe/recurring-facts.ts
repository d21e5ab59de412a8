/** Subscriptions and their invoices in our own words. Amounts are in minor units. */
import type { PaymentFact } from "./facts.ts";

export type SubscriptionFact = {
  /** The company's id. */
  id: string;
  /** Our id, put there by us; null when the object carries none. */
  holdfastId: string | null;
  status: "incomplete" | "trialing" | "active" | "past_due" | "suspended" | "paused" | "canceled";
  itemId: string | null;
  priceId: string | null;
  /** Of one unit and period. */
  unitMinor: bigint;
  currency: string;
  period: "month" | "year";
  quantity: number;
  periodStart: Date;
  periodEnd: Date;
  trialEndsAt: Date | null;
  cancelAtPeriodEnd: boolean;
  canceledAt: Date | null;
  endedAt: Date | null;
  /** Names whoever pays across customers; null when the object does not tell. */
  payerFingerprint: string | null;
  /** What it is charged to; null for the customer's default. */
  methodId: string | null;
};

export type InvoiceLine = {
  description: string;
  amountMinor: bigint;
  quantity: number;
  periodStart: Date;
  periodEnd: Date;
  proration: boolean;
};

export type InvoiceFact = {
  id: string;
  /** Null for an invoice of nothing that recurs. */
  subscriptionId: string | null;
  /** Ours, as the subscription carries it. */
  holdfastId: string | null;
  number: string | null;
  status: "draft" | "open" | "paid" | "void" | "uncollectible";
  reason: "create" | "cycle" | "update" | "other";
  currency: string;
  subtotalMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
  dueMinor: bigint;
  paidMinor: bigint;
  /** Tries to collect it that were made so far. */
  attempts: number;
  nextAttemptAt: Date | null;
  lines: InvoiceLine[];
  /** Where it can be paid by hand. */
  payUrl: string | null;
  createdAt: Date;
  paidAt: Date | null;
  /** What paid it; null when the object does not show it. */
  charges: PaymentFact[] | null;
};

/** What a change would cost, as the company itself works it out. */
export type ChangePreview = {
  currency: string;
  lines: InvoiceLine[];
  /** Charged at once. */
  dueNowMinor: bigint;
};

/** A checkout of something that recurs. */
export type SubscriptionSession = {
  id: string;
  url: string | null;
  expiresAt: Date;
  holdfastId: string | null;
  subscriptionId: string | null;
  status: "open" | "complete" | "expired";
};
