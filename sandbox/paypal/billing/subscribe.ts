/** Making, approving and revising a subscription. */
import type { World } from "../../core/company.ts";
import { insert, iso, newId } from "../books.ts";
import { payerOf } from "../buyers.ts";
import { unprocessable } from "../errors.ts";
import { activate } from "./bill.ts";
import { currencyOf, type Plan } from "./catalog.ts";
import { planFor, termsOf, type ReviseInput, type SubscriptionInput } from "./input.ts";
import {
  currentCycle,
  priceOf,
  refreshInfo,
  saveSubscription,
  tell,
  type Meta,
  type Revision,
  type Subscription,
  type SubscriptionEntry,
} from "./subscription.ts";

export function makeSubscription(world: World, input: SubscriptionInput): SubscriptionEntry {
  const plan = planFor(world, input.plan_id, input.quantity);
  const now = world.clock.now();
  const startMs = input.start_time === undefined ? now : Date.parse(input.start_time);
  if (startMs < now - 60_000)
    throw unprocessable("INVALID_START_TIME", "The start time must be in the future.", "/start_time");
  const id = `I-${newId(world, "subscription", 12)}`;
  const at = iso(now);
  const { email_address: email } = input.subscriber ?? {};
  const body: Subscription = {
    id,
    plan_id: plan.id,
    status: "APPROVAL_PENDING",
    status_update_time: at,
    start_time: iso(startMs),
    quantity: input.quantity ?? "1",
    ...(input.shipping_amount === undefined ? {} : { shipping_amount: input.shipping_amount }),
    ...(email === undefined ? {} : { subscriber: { email_address: email } }),
    ...(input.custom_id === undefined ? {} : { custom_id: input.custom_id }),
    plan_overridden: input.plan !== undefined,
    create_time: at,
    update_time: at,
  };
  const { application_context: context } = input;
  const terms = termsOf(plan, input.plan);
  const meta: Meta = {
    baToken: `BA-${newId(world, "ba", 17)}`,
    returnUrl: context.return_url,
    cancelUrl: context.cancel_url,
    brand: context.brand_name ?? null,
    atOnce: context.user_action === "SUBSCRIBE_NOW",
    buyer: null,
    begun: false,
    startMs,
    currency: currencyOf(plan),
    ...terms,
    cycle: 0,
    done: terms.cycles.map(() => 0),
    anchorMs: startMs,
    periods: 0,
    nextMs: null,
    retryMs: null,
    retries: 0,
    asked: null,
    agreed: null,
  };
  const entry = insert(world, { id, kind: "subscription", parent: plan.id, body, meta });
  tell(world, entry, "BILLING.SUBSCRIPTION.CREATED");
  return entry;
}

/** The buyer agrees: to the subscription, or to a revision of it. */
export function approveSubscription(
  world: World,
  entry: SubscriptionEntry,
  email: string,
): SubscriptionEntry {
  const { body, meta } = entry;
  if (body.status === "APPROVAL_PENDING") {
    meta.buyer = email;
    body.subscriber = payerOf(email);
    if (meta.atOnce) activate(world, entry);
    else saveSubscription(world, entry, "APPROVED");
  } else if (meta.asked !== null) {
    agree(entry, meta.asked);
    meta.asked = null;
    refreshInfo(entry);
    saveSubscription(world, entry);
    tell(world, entry, "BILLING.SUBSCRIPTION.UPDATED");
  }
  return entry;
}

/** Shown at once, and billed from the next period on. */
function agree({ body, meta }: SubscriptionEntry, revision: Revision): void {
  meta.agreed = revision;
  body.plan_id = revision.planId;
  body.quantity = revision.quantity;
}

/** Whether the page has something to ask. */
export const isAsking = ({ body, meta }: SubscriptionEntry): boolean =>
  body.status === "APPROVAL_PENDING" || (body.status === "ACTIVE" && meta.asked !== null);

export function returnTo({ body, meta }: SubscriptionEntry, approved: boolean): string {
  const url = new URL(approved ? meta.returnUrl : meta.cancelUrl);
  url.searchParams.set("subscription_id", body.id);
  url.searchParams.set("ba_token", meta.baToken);
  url.searchParams.set("token", meta.baToken);
  return url.href;
}

function sameProduct(world: World, before: string, next: Plan): void {
  const old = planOf(world, before);
  if (old !== null && old.product_id !== next.product_id)
    throw unprocessable(
      "PLAN_PRODUCT_NOT_COMPATIBLE",
      "The old and the new plans should be for the same product.",
      "/plan_id",
    );
}

function planOf(world: World, id: string): Plan | null {
  const row = world.store.get("select body from paypal_objects where id = ? and kind = 'plan'", id);
  return row === null ? null : (JSON.parse(String(row["body"])) as Plan);
}

/**
 * Changes plan, quantity or terms from the next period on. A dearer period or another plan waits for the buyer, who agrees
 * on the approval page; what is cheaper is taken at once.
 */
export function reviseSubscription(world: World, entry: SubscriptionEntry, input: ReviseInput): void {
  const { body, meta } = entry;
  if (body.status !== "ACTIVE" && body.status !== "SUSPENDED")
    throw unprocessable(
      "SUBSCRIPTION_STATUS_INVALID",
      "Invalid subscription status for revise action; subscription status should be active or suspended.",
    );
  const quantity = input.quantity ?? body.quantity;
  const plan = planFor(world, input.plan_id ?? body.plan_id, quantity);
  sameProduct(world, body.plan_id, plan);
  if (currencyOf(plan) !== meta.currency)
    throw unprocessable(
      "CURRENCY_MISMATCH",
      "The currency code is different from the plan's currency code.",
      "/plan_id",
    );
  const revision = { planId: plan.id, quantity, ...termsOf(plan, input.plan) };
  const next = revision.cycles.at(-1);
  const after = next === undefined ? 0n : priceOf({ ...entry, body: { ...body, quantity } }, next);
  if (plan.id !== body.plan_id || after > priceOf(entry, currentCycle(entry))) meta.asked = revision;
  else agree(entry, revision);
  if (input.plan !== undefined) body.plan_overridden = true;
  if (input.application_context !== undefined) {
    meta.returnUrl = input.application_context.return_url;
    meta.cancelUrl = input.application_context.cancel_url;
  }
  saveSubscription(world, entry);
  if (meta.asked === null) tell(world, entry, "BILLING.SUBSCRIPTION.UPDATED");
}
