import type { PaymentMethod } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";

/** A card or wallet as its owner knows it. */
export const methodName = ({ brand, email, kind, last4, provider }: PaymentMethod): string => {
  if (provider === "paypal") return email ? `PayPal ${email}` : "PayPal";
  return `${humanize(brand ?? kind)}${last4 ? ` ending in ${last4}` : ""}`;
};
