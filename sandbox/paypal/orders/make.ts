import type { World } from "../../core/company.ts";
import { insert, iso, newId } from "../books.ts";
import { MERCHANT } from "../merchant.ts";
import { checkUnits, walletOf, type OrderInput } from "./input.ts";
import { LIFE_MS, type Meta, type Order, type OrderEntry } from "./order.ts";

/** Makes an order that nobody has approved yet. */
export function makeOrder(world: World, body: OrderInput): OrderEntry {
  checkUnits(body.purchase_units);
  const wallet = walletOf(body.payment_source);
  const context = wallet?.experience_context ?? body.application_context;
  const id = newId(world, "order");
  const now = world.clock.now();
  const order: Order = {
    id,
    intent: body.intent,
    status: wallet === null ? "CREATED" : "PAYER_ACTION_REQUIRED",
    ...(wallet === null ? {} : { payment_source: { paypal: {} } }),
    purchase_units: body.purchase_units.map((unit) => ({
      ...unit,
      reference_id: unit.reference_id ?? "default",
      payee: MERCHANT,
    })),
    create_time: iso(now),
  };
  const meta: Meta = {
    returnUrl: context?.return_url ?? null,
    cancelUrl: context?.cancel_url ?? null,
    wallet: wallet !== null,
    buyer: null,
    expiresMs: now + LIFE_MS,
    brand: context?.brand_name ?? null,
    vault:
      wallet?.attributes?.vault?.store_in_vault === undefined
        ? null
        : { customerId: wallet.attributes.customer?.id ?? null },
  };
  return insert(world, { id, kind: "order", parent: null, body: order, meta });
}
