import { z } from "zod";
import { unprocessable } from "./errors.ts";

export type Money = { currency_code: string; value: string };

/** Minor digits of the currencies PayPal takes. */
const DIGITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD ILS MXN MYR NOK NZD PHP PLN SEK SGD THB USD"
      .split(" ")
      .map((code) => [code, 2]),
  ),
  HUF: 0,
  JPY: 0,
  TWD: 0,
};
/** 999999999999999.99 */
const MAX_MINOR = 99_999_999_999_999_999n;
/** What PayPal keeps of a payment: 3.49 % and a fixed part, by minor digits. */
const FEE_BASIS_POINTS = 349n;
const FIXED_FEE: Readonly<Record<number, bigint>> = { 0: 40n, 2: 49n };

/** An amount as its form goes; whether its currency and digits are right is for `toMinor`. */
export const moneyInput = z.object({
  currency_code: z.string().length(3),
  value: z
    .string()
    .max(32)
    .regex(/^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$/),
});

/** Minor units of an amount above zero (or from zero on); refuses in PayPal's words what it would not take. */
export function toMinor({ currency_code: code, value }: Money, field: string, zero = false): bigint {
  const digits = DIGITS[code];
  if (digits === undefined)
    throw unprocessable(
      "INVALID_CURRENCY_CODE",
      "Currency code is invalid or is not currently supported. Please refer https://developer.paypal.com/api/rest/reference/currency-codes/ for list of supported currency codes.",
      `${field}/currency_code`,
      code,
    );
  const [whole = "", fraction = ""] = value.replace("-", "").split(".");
  if (digits === 0 && /[1-9]/.test(fraction))
    throw unprocessable(
      "DECIMALS_NOT_SUPPORTED",
      "Currency does not support decimals. Please refer to https://developer.paypal.com/docs/api/reference/currency-codes/ for more information.",
      `${field}/value`,
      value,
    );
  if (digits > 0 && fraction.length > digits)
    throw unprocessable(
      "DECIMAL_PRECISION",
      "If the currency supports decimals, only two decimal place precision is supported.",
      `${field}/value`,
      value,
    );
  const minor = BigInt(whole + fraction.padEnd(digits, "0").slice(0, digits) || "0");
  if (value.startsWith("-") || (minor === 0n && !zero))
    throw unprocessable(
      zero ? "CANNOT_BE_NEGATIVE" : "CANNOT_BE_ZERO_OR_NEGATIVE",
      "Must be greater than zero. If the currency supports decimals, only two decimal place precision is supported.",
      `${field}/value`,
      value,
    );
  if (minor > MAX_MINOR)
    throw unprocessable(
      "MAX_VALUE_EXCEEDED",
      "Should be less than or equal to 999999999999999.99.",
      `${field}/value`,
      value,
    );
  return minor;
}

export function toMoney(minor: bigint, code: string): Money {
  const digits = DIGITS[code] ?? 2;
  const sign = minor < 0n ? "-" : "";
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, "0");
  const value = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return { currency_code: code, value: sign + value };
}

/** Minor units of an amount that stands in the books. */
export const minorOf = (money: Money): bigint => toMinor(money, "", true);

export function feeOf(gross: bigint, code: string): bigint {
  const fixed = FIXED_FEE[DIGITS[code] ?? 2] ?? 0n;
  const fee = (gross * FEE_BASIS_POINTS + 5_000n) / 10_000n + fixed;
  return fee > gross ? gross : fee;
}

/** `$ 10.00 USD`, as in the summaries of events. */
export const describeMoney = ({ currency_code: code, value }: Money): string =>
  `${code === "USD" ? "$ " : ""}${value} ${code}`;
