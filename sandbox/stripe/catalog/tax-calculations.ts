/** Tax worked out of what a customer is about to pay without a page or an invoice; an intent may name it. */
import type Stripe from "stripe";
import { getObject, insertObject, newId } from "../books.ts";
import type { World } from "../../core/company.ts";
import { getCustomer } from "../customers/customers.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import { operation } from "../protocol/operation.ts";
import { integer, list, object, oneOf, required, text, type Read } from "../protocol/params.ts";
import { settingsOf } from "../settings.ts";
import { currency } from "./money.ts";
import { taxIn } from "./tax.ts";

type Calculation = Stripe.Tax.Calculation & { id: string };

const KEPT_S = 90 * 86_400;

const newCalculation = {
  currency: required(currency()),
  customer: required(text()),
  line_items: required(
    list(
      object({
        amount: required(integer(1)),
        reference: text(),
        tax_behavior: oneOf("inclusive", "exclusive"),
        tax_code: text(),
      }),
    ),
  ),
};

function calculate(world: World, input: Read<typeof newCalculation>): Calculation {
  const { address } = getCustomer(world, input.customer, "customer");
  if (!address?.country)
    throw new StripeError(400, {
      type: "invalid_request_error",
      code: "customer_tax_location_invalid",
      message:
        "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    });
  const percent = settingsOf(world).tax_percent;
  const parts = input.line_items.map(({ amount, tax_behavior }) => {
    const behavior = tax_behavior ?? "exclusive";
    return { amount, behavior, ...taxIn(amount, behavior, percent) };
  });
  const sum = (pick: (part: (typeof parts)[number]) => number) =>
    parts.reduce((all, part) => all + pick(part), 0);
  const now = world.clock.seconds();
  const calculation: Calculation = {
    id: newId(world, "tax.calculation"),
    object: "tax.calculation",
    amount_total: sum(({ amount, added }) => amount + added),
    currency: input.currency,
    customer: input.customer,
    customer_details: {
      address,
      address_source: "billing",
      ip_address: null,
      tax_ids: [],
      taxability_override: "none",
    },
    expires_at: now + KEPT_S,
    livemode: false,
    ship_from_details: null,
    shipping_cost: null,
    tax_amount_exclusive: sum(({ added }) => added),
    tax_amount_inclusive: sum(({ tax, added }) => tax - added),
    tax_breakdown: parts.map(({ amount, behavior, tax, added }) => ({
      amount: tax,
      inclusive: behavior === "inclusive",
      tax_rate_details: {
        country: address.country,
        flat_amount: null,
        percentage_decimal: String(percent),
        rate_type: "percentage",
        state: address.state,
        tax_type: "vat",
      },
      taxability_reason: "standard_rated",
      taxable_amount: amount - (tax - added),
    })),
    tax_date: now,
  };
  insertObject(world, { ...calculation, created: now });
  return calculation;
}

/** The one that an intent names must be of what it charges. */
export function checkCalculation(world: World, id: string, amount: number, unit: string): void {
  const { amount_total: total, currency: of } = getObject<Calculation>(world, "tax.calculation", id);
  if (total !== amount || of !== unit)
    throw invalid(
      "The tax calculation is not of this amount and currency.",
      "hooks[inputs][tax][calculation]",
    );
}

export const taxCalculationOperations = [
  operation("POST", "/v1/tax/calculations", newCalculation, ({ world, params }) => calculate(world, params)),
  operation("GET", "/v1/tax/calculations/{id}", {}, ({ world, id }) =>
    getObject<Calculation>(world, "tax.calculation", id),
  ),
];
