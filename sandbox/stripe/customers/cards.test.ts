import { describe, expect, it } from "vitest";
import { CARDS, cardByAlias, cardByNumber, luhn, type Card } from "./cards.ts";
import { readSpec } from "../specs.ts";

type Published = { cards: { number: string; outcome: string; brand?: string; decline_code?: string }[] };
const published = readSpec("test-cards.json") as Published | null;

/** What a published outcome says about the card, in our terms. */
function agrees(card: Card, outcome: string, declineCode: string | undefined): boolean {
  if (declineCode !== undefined && card.decline?.decline_code !== declineCode) return false;
  if (outcome === "incorrect_number") return card.refusedAtEntry;
  if (/^(card_declined|expired_card|incorrect_cvc|processing_error)$/.test(outcome)) {
    return card.decline?.code === outcome && card.authentication === "never";
  }
  if (outcome.startsWith("3DS required")) {
    const code = /, (?:then )?(card_declined|processing_error)/.exec(outcome)?.[1];
    return card.authentication === "always" && card.decline?.code === code;
  }
  if (outcome.startsWith("3DS optional")) return card.authentication === "optional" && card.decline === null;
  const special: Record<string, boolean> = {
    succeeds: card.decline === null && card.authentication === "never",
    "attach succeeds, later charge fails": card.decline !== null && !card.refusedAtEntry,
    "succeeds, funds go straight to the available balance": card.availableAtOnce,
    "cvc_check fails when a CVC is given": card.checks.cvc === "fail",
    "succeeds, address_line1_check and address_zip_check fail":
      card.checks.line1 === "fail" && card.checks.zip === "fail",
    "succeeds, address_zip_check fails": card.checks.zip === "fail" && card.checks.line1 === "pass",
    "requires authentication unless set up": card.authentication === "unless_set_up",
    "always requires authentication": card.authentication === "always" && card.decline === null,
    "already set up: off-session succeeds, on-session asks": card.authentication === "on_session",
    "authentication, then declined insufficient_funds":
      card.authentication === "always" && card.decline?.decline_code === "insufficient_funds",
  };
  return special[outcome] === true;
}

describe("test cards", () => {
  it.skipIf(published === null)("are those of test-cards.json, each with its outcome", () => {
    const list = published?.cards ?? [];
    // What happens after a charge is not in that file.
    const plain = CARDS.filter((card) => card.after === null && card.refunds === "at_once");
    expect(plain.map((card) => card.number).toSorted()).toEqual(list.map((card) => card.number).toSorted());
    const wrong = list.filter((given) => {
      const card = cardByNumber(given.number);
      const branded = given.brand === undefined || given.brand === card.brand;
      return !branded || !agrees(card, given.outcome, given.decline_code);
    });
    expect(wrong).toEqual([]);
  });

  it("have right check digits, save the one that is refused for it", () => {
    for (const card of CARDS) expect(luhn(card.number), card.number).toBe(!card.refusedAtEntry);
  });

  it("go by their pm_card and tok names", () => {
    expect(cardByAlias("pm_card_visa")?.number).toBe("4242424242424242");
    expect(cardByAlias("tok_chargeDeclined")?.number).toBe("4000000000000002");
    expect(cardByAlias("pm_card_visa_chargeDeclinedInsufficientFunds")?.number).toBe("4000000000009995");
    expect(cardByAlias("pm_card_nobody")).toBeNull();
  });

  it("are the only ones that pay: a live number is declined as in test mode", () => {
    expect(cardByNumber("4111111111111111").decline?.decline_code).toBe("test_mode_live_card");
    expect(cardByNumber("1234567890123456").refusedAtEntry).toBe(true);
  });
});
