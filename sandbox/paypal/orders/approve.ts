/** What a buyer does on the approval page. */
import type { World } from "../../core/company.ts";
import { payerOf, walletShown } from "../buyers.ts";
import { emit } from "../webhooks/events.ts";
import { LIFE_MS, saveOrder, wholeOrder, type OrderEntry } from "./order.ts";

/** The buyer agrees; nothing is paid yet. */
export function approveOrder(world: World, entry: OrderEntry, email: string): OrderEntry {
  const { body, meta } = entry;
  body.status = "APPROVED";
  body.payer = payerOf(email);
  body.payment_source = walletShown(email);
  meta.buyer = email;
  meta.expiresMs = world.clock.now() + LIFE_MS;
  const saved = saveOrder(world, entry);
  emit(world, {
    type: "CHECKOUT.ORDER.APPROVED",
    resourceType: "checkout-order",
    resourceVersion: "2.0",
    summary: "An order has been approved by buyer",
    resource: wholeOrder(world, saved),
    resourceId: saved.id,
  });
  return saved;
}

/** Where the buyer's browser goes: back to the shop, or nowhere when the shop gave no address. */
export function returnTo({ body, meta }: OrderEntry, approved: boolean): string | null {
  const to = approved ? meta.returnUrl : meta.cancelUrl;
  if (to === null) return null;
  const url = new URL(to);
  url.searchParams.set("token", body.id);
  if (approved) url.searchParams.set("PayerID", body.payer?.payer_id ?? "");
  return url.href;
}
