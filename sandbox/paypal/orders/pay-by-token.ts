import type { World } from "../../core/company.ts";
import { paysRenewals } from "../billing/buyer-settings.ts";
import { payerOf, walletShown } from "../buyers.ts";
import { unprocessable } from "../errors.ts";
import { findPaymentToken } from "../vault/token.ts";
import { walletOf, type OrderInput } from "./input.ts";
import { makeOrder } from "./make.ts";
import { saveOrder, type OrderEntry } from "./order.ts";
import { authorizeOrder, captureOrder } from "./pay.ts";

/** Makes and pays an order by a wallet that was kept, the buyer being elsewhere; null when none is named. */
export function payByToken(world: World, input: OrderInput): OrderEntry | null {
  const vaultId = walletOf(input.payment_source)?.vault_id;
  if (vaultId === undefined) return null;
  const token = findPaymentToken(world, vaultId);
  if (token === null)
    throw unprocessable(
      "TOKEN_ID_NOT_FOUND",
      "Specified token ID was not found. Please verify the token ID and try again.",
      "/payment_source/paypal/vault_id",
    );
  const { buyer } = token.meta;
  if (!paysRenewals(world, buyer))
    throw unprocessable(
      "INSTRUMENT_DECLINED",
      "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment.",
    );
  const order = makeOrder(world, input);
  order.body.status = "APPROVED";
  order.body.payer = payerOf(buyer);
  order.body.payment_source = walletShown(buyer);
  order.meta.buyer = buyer;
  saveOrder(world, order);
  return input.intent === "CAPTURE" ? captureOrder(world, order) : authorizeOrder(world, order);
}
