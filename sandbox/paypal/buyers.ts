/** Who pays on the approval page: an address says what its owner does. */
import { hash } from "node:crypto";
import type { Payer } from "./orders/order.ts";

/** Ready to click on the page. */
export const BUYERS = [
  { email: "approve@sandbox.test", label: "Approves", note: "Pays at once" },
  { email: "cancel@sandbox.test", label: "Cancels", note: "Goes back without paying" },
  { email: "declined@sandbox.test", label: "Declined", note: "Approves, then the bank says no" },
  { email: "pending@sandbox.test", label: "Pays late", note: "Pending for 3 days, then paid" },
  { email: "denied@sandbox.test", label: "Fails late", note: "Pending for 3 days, then denied" },
  { email: "failing@sandbox.test", label: "Stops paying", note: "Pays once; renewals fail" },
] as const;

const PAYER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const EMAIL = /^[a-z0-9][a-z0-9._+-]{0,60}@[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60})+$/;

export type Behaviour = "approve" | "cancel" | "declined" | "pending" | "denied" | "failing";

const NAMES: readonly Behaviour[] = ["cancel", "declined", "pending", "denied", "failing"];

/** An address as it was typed, or null when it is none. */
export function readBuyer(text: string): string | null {
  const email = text.trim().toLowerCase();
  return EMAIL.test(email) ? email : null;
}

/** `declined@` and `declined+ann@` do the same; an unknown name approves. */
export function behaviourOf(email: string): Behaviour {
  const name = (email.split("@", 1)[0] ?? "").split("+", 1)[0] ?? "";
  return NAMES.find((known) => known === name) ?? "approve";
}

/** The same address is the same account, in every world. */
export function payerOf(email: string): Payer {
  const bytes = hash("sha256", `payer\n${email}`, "buffer");
  const id = Array.from(bytes.subarray(0, 13), (byte) => PAYER_LETTERS[byte % PAYER_LETTERS.length]).join("");
  const name = (email.split("@", 1)[0] ?? "").replaceAll(/[^a-z0-9]+/g, " ").trim() || "buyer";
  return {
    name: { given_name: name.charAt(0).toUpperCase() + name.slice(1), surname: "Sandbox" },
    email_address: email,
    payer_id: id,
    address: { country_code: "US" },
  };
}

/** The wallet as `payment_source` shows it. */
export function walletShown(email: string): Record<string, unknown> {
  const { name, payer_id: account, address } = payerOf(email);
  return { paypal: { email_address: email, account_id: account, account_status: "VERIFIED", name, address } };
}
