/** For each event the acts that lead to it; some come a little later, by the world's clock. */
import type { World } from "../core/company.ts";
import { childrenOf } from "./books.ts";
import { approveOrder } from "./orders/approve.ts";
import { makeOrder } from "./orders/make.ts";
import type { OrderEntry } from "./orders/order.ts";
import { authorizeOrder, captureOrder } from "./orders/pay.ts";
import { voidAuthorization, type AuthorizationEntry } from "./payments/authorization.ts";
import { clearCapture, type CaptureEntry } from "./payments/capture.ts";
import { makeRefund } from "./payments/refund.ts";
import type { EventType } from "./webhooks/event-types.ts";

function approved(
  world: World,
  buyer = "approve@sandbox.test",
  intent: "CAPTURE" | "AUTHORIZE" = "CAPTURE",
): OrderEntry {
  const amount = { currency_code: "USD", value: "20.00" };
  const order = makeOrder(world, { intent, purchase_units: [{ amount, description: "(triggered)" }] });
  return approveOrder(world, order, buyer);
}

function captured(world: World, buyer?: string): CaptureEntry {
  const order = captureOrder(world, approved(world, buyer));
  const [capture] = childrenOf(world, order.id, "capture") as CaptureEntry[];
  if (capture === undefined) throw new Error("nothing was captured");
  return capture;
}

function authorized(world: World): AuthorizationEntry {
  const order = authorizeOrder(world, approved(world, "approve@sandbox.test", "AUTHORIZE"));
  const [authorization] = childrenOf(world, order.id, "authorization") as AuthorizationEntry[];
  if (authorization === undefined) throw new Error("nothing was authorized");
  return authorization;
}

export const triggers: Readonly<Record<EventType, (world: World) => void>> = {
  "CHECKOUT.ORDER.APPROVED": (world) => void approved(world),
  "CHECKOUT.ORDER.COMPLETED": (world) => void captured(world),
  "PAYMENT.AUTHORIZATION.CREATED": (world) => void authorized(world),
  "PAYMENT.AUTHORIZATION.VOIDED": (world) => void voidAuthorization(world, authorized(world)),
  "PAYMENT.CAPTURE.COMPLETED": (world) => void captured(world),
  "PAYMENT.CAPTURE.DENIED": (world) => {
    const { id } = captured(world, "denied@sandbox.test");
    clearCapture(world, { id, paid: false });
  },
  "PAYMENT.CAPTURE.PENDING": (world) => void captured(world, "pending@sandbox.test"),
  "PAYMENT.CAPTURE.REFUNDED": (world) => void makeRefund(world, captured(world), { minor: null }),
};
