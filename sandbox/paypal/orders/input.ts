/** What an order is asked for with. */
import { z } from "zod";
import { malformed, notBuilt, unprocessable } from "../errors.ts";
import { moneyInput, toMinor, type Money } from "../money.ts";

const text = (max: number) => z.string().min(1).max(max);
const BREAKDOWN = [
  "item_total",
  "shipping",
  "handling",
  "tax_total",
  "insurance",
  "shipping_discount",
  "discount",
] as const;
const LESS = new Set<string>(["shipping_discount", "discount"]);

const item = z.object({
  name: text(127),
  unit_amount: moneyInput,
  tax: moneyInput.optional(),
  quantity: z.string().regex(/^[1-9][0-9]{0,9}$/),
  description: z.string().max(127).optional(),
  sku: z.string().max(127).optional(),
  category: z.enum(["DIGITAL_GOODS", "PHYSICAL_GOODS", "DONATION"]).optional(),
});
const breakdown = z.object(
  Object.fromEntries(BREAKDOWN.map((name) => [name, moneyInput.optional()])) as Record<
    (typeof BREAKDOWN)[number],
    z.ZodOptional<typeof moneyInput>
  >,
);
export const unitInput = z.object({
  reference_id: text(256).optional(),
  amount: moneyInput.extend({ breakdown: breakdown.optional() }),
  description: text(127).optional(),
  custom_id: text(127).optional(),
  invoice_id: text(127).optional(),
  soft_descriptor: text(22).optional(),
  items: z.array(item).max(500).optional(),
  shipping: z.record(z.string(), z.unknown()).optional(),
});
export type UnitInput = z.output<typeof unitInput>;

const url = z.url().max(4000);
const experience = z.object({
  brand_name: text(127).optional(),
  return_url: url.optional(),
  cancel_url: url.optional(),
  user_action: z.enum(["CONTINUE", "PAY_NOW"]).optional(),
});
const wallet = z.object({
  vault_id: text(255).optional(),
  email_address: z.string().min(3).max(254).optional(),
  experience_context: experience.optional(),
  attributes: z
    .object({
      customer: z.object({ id: text(22).optional() }).optional(),
      vault: z
        .object({
          store_in_vault: z.enum(["ON_SUCCESS"]).optional(),
          usage_type: z.enum(["MERCHANT", "PLATFORM"]),
        })
        .optional(),
    })
    .optional(),
});
/** The wallet; a source of another kind is PayPal's but not played here. */
export const sourceInput = z.looseObject({ paypal: wallet.optional() });
export type SourceInput = z.output<typeof sourceInput>;

export const orderInput = z.object({
  intent: z.enum(["CAPTURE", "AUTHORIZE"]),
  purchase_units: z.array(unitInput).min(1).max(10),
  payment_source: sourceInput.optional(),
  application_context: experience.optional(),
});
export type OrderInput = z.output<typeof orderInput>;

/** The wallet asked for, or null for an order without a source. */
export function walletOf(source: SourceInput | undefined): NonNullable<SourceInput["paypal"]> | null {
  if (source === undefined) return null;
  const other = Object.keys(source).find((name) => name !== "paypal");
  if (other !== undefined) throw notBuilt(`payment_source.${other}`);
  return source.paypal ?? null;
}

/** An order is paid by what was chosen when it was made. */
export function refuseSource(source: SourceInput | undefined): void {
  if (walletOf(source)?.vault_id !== undefined)
    throw notBuilt("payment_source.paypal.vault_id of a made order");
}

function checkSums({ amount, items }: UnitInput, total: bigint, field: string): void {
  const { breakdown: parts } = amount;
  if (items !== undefined && parts?.item_total === undefined)
    throw unprocessable(
      "ITEM_TOTAL_REQUIRED",
      "If item details are specified (items.unit_amount and items.quantity) corresponding amount.breakdown.item_total is required.",
      `${field}/amount/breakdown/item_total`,
    );
  if (parts === undefined) return;
  let sum = 0n;
  for (const name of BREAKDOWN) {
    const part = parts[name];
    if (part === undefined) continue;
    const minor = toMinor(part, `${field}/amount/breakdown/${name}`, true);
    sum += LESS.has(name) ? -minor : minor;
  }
  if (sum !== total)
    throw unprocessable(
      "AMOUNT_MISMATCH",
      "Should equal item_total + tax_total + shipping + handling + insurance - shipping_discount - discount.",
      `${field}/amount/value`,
      amount.value,
    );
  if (items === undefined || parts.item_total === undefined) return;
  const each = items.map(
    (one, n) => toMinor(one.unit_amount, `${field}/items/${n}/unit_amount`, true) * BigInt(one.quantity),
  );
  if (each.reduce((a, b) => a + b, 0n) !== toMinor(parts.item_total, "", true))
    throw unprocessable(
      "ITEM_TOTAL_MISMATCH",
      "Should equal sum of (unit_amount * quantity) across all items for a given purchase_unit.",
      `${field}/amount/breakdown/item_total/value`,
    );
}

/** Refuses units that do not hang together. */
export function checkUnits(units: readonly UnitInput[]): void {
  const names = units.map((unit) => unit.reference_id);
  if (units.length > 1 && names.includes(undefined))
    throw unprocessable(
      "REFERENCE_ID_REQUIRED",
      "'reference_id' is required for each 'purchase_unit' if multiple 'purchase_unit' are provided.",
    );
  if (new Set(names).size !== names.length)
    throw unprocessable(
      "DUPLICATE_REFERENCE_ID",
      "`reference_id` must be unique if multiple `purchase_unit` are provided.",
    );
  for (const [n, unit] of units.entries()) {
    const field = `/purchase_units/${n}`;
    const total = toMinor(unit.amount, `${field}/amount`);
    if (unit.amount.currency_code !== units[0]?.amount.currency_code)
      throw unprocessable(
        "MULTI_CURRENCY_ORDER",
        "Multiple differing values of currency_code are not supported. Entire Order request must have the same currency_code.",
      );
    checkSums(unit, total, field);
  }
}

/** The amount of a request for a part, in the currency of the whole. */
export function partOf(
  part: Money | undefined,
  whole: Money,
  mismatch: [issue: string, text: string],
): bigint {
  if (part === undefined) return toMinor(whole, "/amount");
  if (part.currency_code !== whole.currency_code) throw unprocessable(...mismatch, "/amount/currency_code");
  return toMinor(part, "/amount");
}

/** A header that PayPal insists on. */
export function needRequestId(requestId: string | null): void {
  if (requestId === null)
    throw malformed(
      "PAYPAL_REQUEST_ID_REQUIRED",
      "A PayPal-Request-Id is required if you are trying to process payment for an Order. Please specify a PayPal-Request-Id or Create the Order without a 'payment_source' specified.",
      "PayPal-Request-Id",
    );
}
