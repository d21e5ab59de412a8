/** A subscription as PayPal keeps and shows it. */
import type { World } from "../../core/company.ts";
import { get, iso, link, save, select, type Entry, type Link } from "../books.ts";
import { minorOf, toMoney, type Money } from "../money.ts";
import type { Prefer } from "../operation.ts";
import type { Payer } from "../orders/order.ts";
import { emit } from "../webhooks/events.ts";
import type { EventType } from "../webhooks/event-types.ts";
import type { Cycle, Frequency, Preferences } from "./catalog.ts";

export type Status = "APPROVAL_PENDING" | "APPROVED" | "ACTIVE" | "SUSPENDED" | "CANCELLED" | "EXPIRED";
export type BillingInfo = {
  outstanding_balance: Money;
  cycle_executions: {
    tenure_type: string;
    sequence: number;
    cycles_completed: number;
    cycles_remaining?: number;
    current_pricing_scheme_version: number;
    total_cycles: number;
  }[];
  last_payment?: { amount: Money; time: string };
  next_billing_time?: string;
  failed_payments_count: number;
  last_failed_payment?: {
    amount: Money;
    time: string;
    reason_code: string;
    next_payment_retry_time?: string;
  };
};
export type Subscription = {
  id: string;
  plan_id: string;
  status: Status;
  status_change_note?: string;
  status_update_time: string;
  start_time: string;
  quantity: string;
  shipping_amount?: Money;
  subscriber?: Partial<Payer>;
  billing_info?: BillingInfo;
  custom_id?: string;
  plan_overridden: boolean;
  create_time: string;
  update_time: string;
};
export type Revision = { planId: string; quantity: string; cycles: Cycle[]; preferences: Preferences };
export type Meta = {
  /** Names the approval page. */
  baToken: string;
  returnUrl: string;
  cancelUrl: string;
  brand: string | null;
  /** Whether approval begins it, or the merchant does afterwards. */
  atOnce: boolean;
  buyer: string | null;
  /** Whether a period has begun. */
  begun: boolean;
  startMs: number;
  currency: string;
  cycles: Cycle[];
  preferences: Preferences;
  /** Which of `cycles` runs, and how often each has been billed. */
  cycle: number;
  done: number[];
  /** Periods are counted from here. */
  anchorMs: number;
  periods: number;
  nextMs: number | null;
  retryMs: number | null;
  retries: number;
  /** Asked for and not agreed to yet. */
  asked: Revision | null;
  /** Agreed to; it begins with the next period. */
  agreed: Revision | null;
};
export type SubscriptionEntry = Entry<Subscription, Meta>;

export const getSubscription = (world: World, id: string): SubscriptionEntry =>
  get<Subscription, Meta>(world, "subscription", id);

export const findByToken = (world: World, token: string): SubscriptionEntry | null =>
  select<Subscription, Meta>(world, "subscription", "meta ->> '$.baToken' = ?", token)[0] ?? null;

/** The cycle that runs; the last one for one that has ended. */
export function currentCycle({ meta }: SubscriptionEntry): Cycle {
  const cycle = meta.cycles[Math.min(meta.cycle, meta.cycles.length - 1)];
  if (cycle === undefined) throw new Error("a subscription without cycles");
  return cycle;
}

export const frequencyOf = (entry: SubscriptionEntry): Frequency => currentCycle(entry).frequency;

/** What one period of a cycle costs. */
export function priceOf({ body, meta }: SubscriptionEntry, cycle: Cycle): bigint {
  const price = cycle.pricing_scheme?.fixed_price;
  const each = price === undefined ? 0n : minorOf(price);
  const shipping =
    body.shipping_amount === undefined || meta.currency === "" ? 0n : minorOf(body.shipping_amount);
  return each * BigInt(body.quantity) + (each > 0n ? shipping : 0n);
}

/** What it owes. */
export const outstanding = ({ body }: SubscriptionEntry): bigint =>
  body.billing_info === undefined ? 0n : minorOf(body.billing_info.outstanding_balance);

/** Writes what billing tells from what is kept. */
export function refreshInfo(entry: SubscriptionEntry, change: Partial<BillingInfo> = {}): void {
  const { body, meta } = entry;
  const before = body.billing_info;
  const info: BillingInfo = {
    outstanding_balance: before?.outstanding_balance ?? toMoney(0n, meta.currency),
    failed_payments_count: before?.failed_payments_count ?? 0,
    ...(before?.last_payment === undefined ? {} : { last_payment: before.last_payment }),
    ...(before?.last_failed_payment === undefined ? {} : { last_failed_payment: before.last_failed_payment }),
    ...change,
    cycle_executions: meta.cycles.map((cycle, n) => ({
      tenure_type: cycle.tenure_type,
      sequence: cycle.sequence,
      cycles_completed: meta.done[n] ?? 0,
      ...(cycle.total_cycles === 0
        ? {}
        : { cycles_remaining: Math.max(0, cycle.total_cycles - (meta.done[n] ?? 0)) }),
      current_pricing_scheme_version: cycle.pricing_scheme?.version ?? 1,
      total_cycles: cycle.total_cycles,
    })),
  };
  delete info.next_billing_time;
  const goesOn = meta.cycle < meta.cycles.length;
  if (meta.nextMs !== null && goesOn && (body.status === "ACTIVE" || body.status === "APPROVED"))
    info.next_billing_time = iso(meta.nextMs);
  body.billing_info = info;
}

function links(world: World, { body, meta }: SubscriptionEntry): Link[] {
  const path = `/v1/billing/subscriptions/${body.id}`;
  const act = (name: string): Link => link(world, `${path}/${name}`, name, "POST");
  const self = [link(world, path, "edit", "PATCH"), link(world, path, "self")];
  switch (body.status) {
    case "APPROVAL_PENDING":
      return [approveLink(world, meta), ...self];
    case "ACTIVE":
      return [act("cancel"), act("suspend"), act("capture"), ...self];
    case "SUSPENDED":
      return [act("activate"), act("cancel"), act("capture"), ...self];
    case "APPROVED":
      return [act("activate"), ...self];
    default:
      return [link(world, path, "self")];
  }
}

export const approveLink = (world: World, { baToken }: Meta): Link =>
  link(world, `/webapps/billing/subscriptions?ba_token=${baToken}`, "approve");

export function presentSubscription(
  world: World,
  entry: SubscriptionEntry,
  prefer: Prefer = "representation",
): Record<string, unknown> {
  const all = links(world, entry);
  if (prefer === "representation") return { ...entry.body, links: all };
  const { id, status, create_time } = entry.body;
  return { id, status, create_time, links: all };
}

export function saveSubscription(
  world: World,
  entry: SubscriptionEntry,
  status?: Status,
  note?: string,
): void {
  const at = iso(world.clock.now());
  entry.body.update_time = at;
  if (status !== undefined) {
    entry.body.status = status;
    entry.body.status_update_time = at;
    if (note !== undefined) entry.body.status_change_note = note;
  }
  if (entry.body.billing_info !== undefined) refreshInfo(entry, entry.body.billing_info);
  save(world, entry);
}

const SUMMARIES: Readonly<Partial<Record<EventType, string>>> = {
  "BILLING.SUBSCRIPTION.CREATED": "Subscription created",
  "BILLING.SUBSCRIPTION.ACTIVATED": "Subscription activated",
  "BILLING.SUBSCRIPTION.UPDATED": "Subscription updated",
  "BILLING.SUBSCRIPTION.EXPIRED": "Subscription expired",
  "BILLING.SUBSCRIPTION.CANCELLED": "Subscription cancelled",
  "BILLING.SUBSCRIPTION.SUSPENDED": "Subscription suspended",
  "BILLING.SUBSCRIPTION.RE-ACTIVATED": "Subscription re-activated",
  "BILLING.SUBSCRIPTION.PAYMENT.FAILED": "Payment failed for subscription",
};

export function tell(world: World, entry: SubscriptionEntry, type: EventType): void {
  emit(world, {
    type,
    resourceType: "subscription",
    resourceVersion: "2.0",
    summary: SUMMARIES[type] ?? type,
    resource: presentSubscription(world, entry),
    resourceId: entry.id,
  });
}
