/** An order as PayPal keeps and shows it. */
import type { World } from "../../core/company.ts";
import { childrenOf, find, iso, link, save, type Entry, type Link } from "../books.ts";
import { notFound } from "../errors.ts";
import type { MERCHANT } from "../merchant.ts";
import type { Money } from "../money.ts";
import type { Prefer } from "../operation.ts";
import type { AuthorizationEntry } from "../payments/authorization.ts";
import type { CaptureEntry } from "../payments/capture.ts";
import { publicRefund, type RefundEntry } from "../payments/refund.ts";

/** Approved or not, an order that is not paid is gone after this. */
export const LIFE_MS = 3 * 3_600_000;

export type Status = "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED";
export type Unit = {
  reference_id: string;
  amount: Money & { breakdown?: Record<string, Money | undefined> | undefined };
  payee: typeof MERCHANT;
  description?: string | undefined;
  custom_id?: string | undefined;
  invoice_id?: string | undefined;
  soft_descriptor?: string | undefined;
  items?: unknown[] | undefined;
  shipping?: unknown;
};
export type Payer = {
  name: { given_name: string; surname: string };
  email_address: string;
  payer_id: string;
  address: { country_code: string };
};
export type Order = {
  id: string;
  intent: "CAPTURE" | "AUTHORIZE";
  status: Status;
  payment_source?: Record<string, unknown>;
  purchase_units: Unit[];
  payer?: Payer;
  create_time: string;
  update_time?: string;
};
export type Meta = {
  returnUrl: string | null;
  cancelUrl: string | null;
  /** Whether it was made for PayPal's wallet by name, which changes words and links. */
  wallet: boolean;
  /** Who approved it. */
  buyer: string | null;
  expiresMs: number;
  brand: string | null;
  /** Keeps the buyer's wallet for later payments once this order is paid. */
  vault: { customerId: string | null } | null;
};
export type OrderEntry = Entry<Order, Meta>;

export const isGone = (world: World, { body, meta }: OrderEntry): boolean =>
  body.status !== "COMPLETED" && meta.expiresMs <= world.clock.now();

/** The order that a path names; one that was never paid is not found any more after its time. */
export function getOrder(world: World, id: string): OrderEntry {
  const found = find<Order, Meta>(world, "order", id);
  if (found === null || isGone(world, found)) throw notFound();
  return found;
}

export function saveOrder(world: World, entry: OrderEntry): OrderEntry {
  entry.body.update_time = iso(world.clock.now());
  return save(world, entry);
}

function links(world: World, { body, meta }: OrderEntry): Link[] {
  const path = `/v2/checkout/orders/${body.id}`;
  const open = body.status === "CREATED" || body.status === "PAYER_ACTION_REQUIRED";
  const rel = meta.wallet ? "payer-action" : "approve";
  const act = body.intent === "CAPTURE" ? "capture" : "authorize";
  return [
    link(world, path, "self"),
    ...(open ? [link(world, `/checkoutnow?token=${body.id}`, rel)] : []),
    ...(body.status === "COMPLETED"
      ? []
      : [link(world, path, "update", "PATCH"), link(world, `${path}/${act}`, act, "POST")]),
  ];
}

type Payments = { authorizations?: unknown[]; captures?: unknown[]; refunds?: unknown[] };

/** What was paid by each unit. Orders show payments without what only their own addresses tell. */
function paymentsOf(world: World, order: Order): Map<string, Payments> {
  const byUnit = new Map<string, Payments>();
  const add = (unit: string, kind: keyof Payments, body: object): void => {
    const payments = byUnit.get(unit) ?? {};
    byUnit.set(unit, payments);
    const { supplementary_data: _ids, payee: _payee, ...shown } = body as Record<string, unknown>;
    (payments[kind] ??= []).push(shown);
  };
  for (const each of childrenOf(world, order.id, "authorization") as AuthorizationEntry[])
    add(each.meta.unit, "authorizations", each.body);
  for (const each of childrenOf(world, order.id, "capture") as CaptureEntry[]) {
    add(each.meta.unit, "captures", each.body);
    for (const refund of childrenOf(world, each.id, "refund") as RefundEntry[])
      add(each.meta.unit, "refunds", publicRefund(refund));
  }
  return byUnit;
}

/** The whole of it. */
export function wholeOrder(world: World, entry: OrderEntry): Record<string, unknown> {
  const payments = paymentsOf(world, entry.body);
  const { body } = entry;
  return {
    ...body,
    purchase_units: body.purchase_units.map((unit) => {
      const paid = payments.get(unit.reference_id);
      return paid === undefined ? unit : { ...unit, payments: paid };
    }),
    links: links(world, entry),
  };
}

export function presentOrder(world: World, entry: OrderEntry, prefer: Prefer): Record<string, unknown> {
  const whole = wholeOrder(world, entry);
  if (prefer === "representation") return whole;
  const { id, status, payment_source: source } = entry.body;
  const minimal = { id, status, ...(source === undefined ? {} : { payment_source: source }) };
  if (status !== "COMPLETED") return { ...minimal, links: whole["links"] };
  // What was captured or authorized is told at once: it is what the call was for.
  const units = whole["purchase_units"] as Record<string, unknown>[];
  const told = units.map(({ reference_id, shipping, payments }) => ({ reference_id, shipping, payments }));
  return { ...minimal, purchase_units: told, payer: entry.body.payer, links: whole["links"] };
}
