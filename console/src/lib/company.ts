import type { Payment } from "../api/types.ts";

export type Company = Payment["provider"];

const NAMES: Record<Company, string> = { stripe: "Stripe", paypal: "PayPal" };

/** A payment company's name, as it writes itself. */
export const companyName = (company: Company): string => NAMES[company];
