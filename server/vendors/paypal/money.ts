/** Money as PayPal writes it: decimal strings with a currency in capitals. Ours: minor units of ISO 4217. */
import { z } from "zod";

export const wireMoney = z.object({ currency_code: z.string(), value: z.string() });
export type WireMoney = z.output<typeof wireMoney>;
export type Amount = { amountMinor: bigint; currency: string };

/** ISO 4217 exponents of the currencies that PayPal takes. */
const EXPONENTS: Readonly<Record<string, number>> = {
  aud: 2, brl: 2, cad: 2, chf: 2, cny: 2, czk: 2, dkk: 2, eur: 2, gbp: 2, hkd: 2, huf: 2, ils: 2, jpy: 0, mxn: 2,
  myr: 2, nok: 2, nzd: 2, php: 2, pln: 2, sek: 2, sgd: 2, thb: 2, twd: 2, usd: 2,
}; // prettier-ignore

/** Taken without a fraction, whatever ISO says. */
const WHOLE = new Set(["huf", "jpy", "twd"]);

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;

/** True for an amount that PayPal can take: a currency of its, and whole units where it wants them. */
export function canTake({ amountMinor, currency }: Amount): boolean {
  const exponent = exponentOf(currency);
  if (exponent === null || amountMinor <= 0n) return false;
  return !WHOLE.has(currency) || amountMinor % 10n ** BigInt(exponent) === 0n;
}

/** The smallest part of a currency that PayPal takes, in minor units: 100 where it takes whole units only. */
export function stepOf(currency: string): bigint {
  return WHOLE.has(currency) ? 10n ** BigInt(exponentOf(currency) ?? 0) : 1n;
}

/** Throws RangeError for an amount that `canTake` refuses. */
export function toWire(amount: Amount): WireMoney {
  const exponent = exponentOf(amount.currency);
  if (exponent === null || !canTake(amount)) throw new RangeError("not an amount that PayPal takes");
  const digits = amount.amountMinor.toString().padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = WHOLE.has(amount.currency) ? "" : digits.slice(digits.length - exponent);
  return { currency_code: amount.currency.toUpperCase(), value: fraction ? `${whole}.${fraction}` : whole };
}

/** Throws RangeError for what is not exactly an amount in minor units. May be negative or zero. */
export function fromWire({ currency_code, value }: WireMoney): Amount {
  const currency = currency_code.toLowerCase();
  const exponent = exponentOf(currency);
  const match = DECIMAL.exec(value);
  if (exponent === null || !match) throw new RangeError("not an amount of PayPal's");
  const [, sign, whole = "", fraction = ""] = match;
  const kept = fraction.slice(0, exponent).padEnd(exponent, "0");
  if (/[1-9]/.test(fraction.slice(exponent))) throw new RangeError("finer than a minor unit");
  const minor = BigInt(whole + kept);
  return { amountMinor: sign ? -minor : minor, currency };
}

const exponentOf = (currency: string): number | null =>
  Object.hasOwn(EXPONENTS, currency) ? (EXPONENTS[currency] ?? null) : null;
