/** A refusal by the bank, in Stripe's codes. */
export type Decline = { code: string; decline_code: string; message: string };

/** When a card asks its holder to authenticate (3-D Secure). */
export type Authentication = "never" | "always" | "unless_set_up" | "on_session" | "optional";

export type Card = {
  number: string;
  brand: "visa" | "mastercard" | "amex" | "discover" | "diners" | "jcb";
  /** The end of its `pm_card_…` and `tok_…` names. */
  name: string;
  authentication: Authentication;
  /** What the bank says to a charge, after authentication where that is asked for. */
  decline: Decline | null;
  /** Refused before any charge, when the number is entered. */
  refusedAtEntry: boolean;
  checks: { cvc: "pass" | "fail"; line1: "pass" | "fail"; zip: "pass" | "fail" };
  /** Funds skip the pending balance. */
  availableAtOnce: boolean;
  /** What the holder or their bank does about a charge that went through. */
  after: "fraudulent" | "product_not_received" | "inquiry" | "fraud_warning" | null;
  /** How refunds go. */
  refunds: "at_once" | "late" | "failed";
};

const decline = (code: string, decline_code: string, message: string): Decline => ({
  code,
  decline_code,
  message,
});

export const DECLINES = {
  generic: decline("card_declined", "generic_decline", "Your card was declined."),
  funds: decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
  expired: decline("expired_card", "expired_card", "Your card has expired."),
  cvc: decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
  processing: decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
  ),
  number: decline("incorrect_number", "incorrect_number", "Your card number is incorrect."),
  live: decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
  ),
  authentication: decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
  ),
} as const;

function card(number: string, name: string, rest: Partial<Card> = {}): Card {
  return {
    number,
    name,
    brand: "visa",
    authentication: "never",
    decline: null,
    refusedAtEntry: false,
    checks: { cvc: "pass", line1: "pass", zip: "pass" },
    availableAtOnce: false,
    after: null,
    refunds: "at_once",
    ...rest,
  };
}

/** Stripe's test cards and what each one does. */
export const CARDS: readonly Card[] = [
  card("4242424242424242", "visa"),
  card("5555555555554444", "mastercard", { brand: "mastercard" }),
  card("378282246310005", "amex", { brand: "amex" }),
  card("6011111111111117", "discover", { brand: "discover" }),
  card("30569309025904", "diners", { brand: "diners" }),
  card("3566002020360505", "jcb", { brand: "jcb" }),
  card("4000000000000002", "chargeDeclined", { decline: DECLINES.generic }),
  card("4000000000009995", "chargeDeclinedInsufficientFunds", { decline: DECLINES.funds }),
  card("4000000000000069", "chargeDeclinedExpiredCard", { decline: DECLINES.expired }),
  card("4000000000000127", "chargeDeclinedIncorrectCvc", { decline: DECLINES.cvc }),
  card("4000000000000119", "chargeDeclinedProcessingError", { decline: DECLINES.processing }),
  card("4242424242424241", "incorrectNumber", { decline: DECLINES.number, refusedAtEntry: true }),
  card("4000000000000341", "chargeCustomerFail", { decline: DECLINES.generic }),
  card("4000000000000077", "bypassPending", { availableAtOnce: true }),
  card("4000000000000101", "cvcCheckFail", { checks: { cvc: "fail", line1: "pass", zip: "pass" } }),
  card("4000000000000010", "avsFail", { checks: { cvc: "pass", line1: "fail", zip: "fail" } }),
  card("4000000000000036", "avsZipFail", { checks: { cvc: "pass", line1: "pass", zip: "fail" } }),
  card("4000002500003155", "authenticationRequiredOnSetup", { authentication: "unless_set_up" }),
  card("4000002760003184", "authenticationRequired", { authentication: "always" }),
  card("4000003800000446", "authenticationRequiredSetupForOffSession", { authentication: "on_session" }),
  card("4000008260003178", "authenticationRequiredChargeDeclinedInsufficientFunds", {
    authentication: "always",
    decline: DECLINES.funds,
  }),
  card("4000000000003220", "threeDSecureRequired", { authentication: "always" }),
  card("4000008400001629", "threeDSecureRequiredChargeDeclined", {
    authentication: "always",
    decline: DECLINES.generic,
  }),
  card("4000008400001280", "threeDSecureRequiredProcessingError", {
    authentication: "always",
    decline: DECLINES.processing,
  }),
  card("4000000000003055", "threeDSecureOptional", { authentication: "optional" }),
  card("4000000000003097", "threeDSecureOptionalProcessingError", { authentication: "optional" }),
  card("4000000000000259", "createDispute", { after: "fraudulent" }),
  card("4000000000002685", "createDisputeProductNotReceived", { after: "product_not_received" }),
  card("4000000000001976", "createDisputeInquiry", { after: "inquiry" }),
  card("4000000000005423", "createIssuerFraudRecord", { after: "fraud_warning" }),
  card("4000000000007726", "pendingRefund", { refunds: "late" }),
  card("4000000000005126", "refundFail", { refunds: "failed" }),
];

const byNumber = new Map(CARDS.map((each) => [each.number, each]));
const byName = new Map(CARDS.map((each) => [each.name, each]));

/** A number nobody knows is a live one to a sandbox, and is declined as Stripe's test mode does. */
export function cardByNumber(number: string): Card {
  const known = byNumber.get(number);
  if (known !== undefined) return known;
  const wrong = !luhn(number);
  const rest = wrong ? { decline: DECLINES.number, refusedAtEntry: true } : { decline: DECLINES.live };
  return card(number, "unknown", rest);
}

/** `pm_card_visa`, `tok_visa`, `pm_card_visa_chargeDeclined`. */
export function cardByAlias(alias: string): Card | null {
  const name = /^(?:pm_card|tok)_(?:visa_)?(\w+)$/.exec(alias)?.[1];
  return name === undefined ? null : (byName.get(name) ?? null);
}

/** The check digit of card numbers. */
export function luhn(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  let sum = 0;
  for (let i = 0; i < number.length; i++) {
    const digit = Number(number[number.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
