import { z } from "zod";
import { operation, type Answer, type Call, type Keyed } from "../operation.ts";
import { patchInput } from "../read.ts";
import { needRequestId, orderInput, refuseSource, sourceInput } from "./input.ts";
import { makeOrder } from "./make.ts";
import { payByToken } from "./pay-by-token.ts";
import { getOrder, presentOrder, type OrderEntry } from "./order.ts";
import { patchOrder } from "./patch.ts";
import { authorizeOrder, captureOrder } from "./pay.ts";

const present = (call: Pick<Call, "world" | "prefer">, entry: OrderEntry, status: number): Answer => ({
  status,
  body: presentOrder(call.world, entry, call.prefer),
  id: entry.id,
});
/** Six hours, as PayPal keeps the keys of orders; then the order as it is now, with 200. */
const keyed: Keyed = { hours: 6, latest: (call, id) => present(call, getOrder(call.world, id), 200) };
const payInput = z.object({ payment_source: sourceInput.optional() });

export const orderOperations = [
  operation(
    "POST",
    "/v2/checkout/orders",
    orderInput,
    (call) => {
      const bare = call.body.payment_source === undefined;
      if (!bare) needRequestId(call.requestId);
      const paid = payByToken(call.world, call.body);
      if (paid !== null) return present(call, paid, 201);
      return present(call, makeOrder(call.world, call.body), bare ? 201 : 200);
    },
    keyed,
  ),
  operation("GET", "/v2/checkout/orders/{id}", null, ({ world, id }) =>
    present({ world, prefer: "representation" }, getOrder(world, id), 200),
  ),
  operation("PATCH", "/v2/checkout/orders/{id}", patchInput, ({ world, id, body }) => {
    patchOrder(world, getOrder(world, id), body);
    return { status: 204 };
  }),
  operation(
    "POST",
    "/v2/checkout/orders/{id}/capture",
    payInput,
    (call) => {
      refuseSource(call.body.payment_source);
      return present(call, captureOrder(call.world, getOrder(call.world, call.id)), 201);
    },
    keyed,
  ),
  operation(
    "POST",
    "/v2/checkout/orders/{id}/authorize",
    payInput,
    (call) => {
      refuseSource(call.body.payment_source);
      return present(call, authorizeOrder(call.world, getOrder(call.world, call.id)), 201);
    },
    keyed,
  ),
];
