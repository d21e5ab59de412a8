/**
 * Amounts. Money is `bigint` minor units with an ISO 4217 currency; credits are `bigint` micro-credits
 * (1 credit = USD 0.01, so 1 micro-credit = 10⁻⁸ USD). Costs from price lists are exact decimals kept as
 * `bigint` atto-dollars (10⁻¹⁸ USD). Nothing here is ever a float.
 */

/** 10⁻¹⁸ USD in one micro-credit of 10⁻⁸ USD. */
export const ATTO_PER_MICRO = 10n ** 10n;
export const MICROS_PER_CREDIT = 1_000_000n;
const ATTO_DIGITS = 18;

const DECIMAL = /^(-?)(\d{1,20})(?:\.(\d{1,18}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** Reads an exact decimal ("0.00000015", "1.5e-7") as atto-dollars. Throws RangeError for anything it cannot hold exactly. */
export function parseAtto(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError("not a decimal amount");
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const shift = ATTO_DIGITS - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : exactQuotient(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -scaled : scaled;
}

function exactQuotient(value: bigint, divisor: bigint): bigint {
  if (value % divisor !== 0n) throw new RangeError("finer than 10^-18");
  return value / divisor;
}

/** Writes atto-dollars as the shortest exact decimal. */
export function formatAtto(atto: bigint): string {
  return formatScaled(atto, ATTO_DIGITS);
}

/** Writes `value` × 10⁻ᵈⁱᵍⁱᵗˢ as the shortest exact decimal. */
export function formatScaled(value: bigint, digits: number): string {
  const sign = value < 0n ? "-" : "";
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, "0");
  const fraction = text.slice(text.length - digits).replace(/0+$/, "");
  return `${sign}${text.slice(0, text.length - digits)}${fraction && `.${fraction}`}`;
}

/** Whole micro-credits that cover this cost, rounded up. */
export function microsCeil(atto: bigint): bigint {
  return atto <= 0n ? 0n : (atto + ATTO_PER_MICRO - 1n) / ATTO_PER_MICRO;
}

/** ISO 4217 exponents of the currencies we sell in. */
export const CURRENCY_EXPONENTS: Readonly<Record<string, number>> = { usd: 2, eur: 2, gbp: 2, jpy: 0 };
