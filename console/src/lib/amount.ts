const MICRO_DIGITS = 6;

/** Digits behind the point of a ledger unit; null for a currency that nobody knows. */
export function digitsOf(unit: string): number | null {
  if (unit === "credit") return MICRO_DIGITS;
  if (!/^[a-z]{3}$/.test(unit)) return null;
  const known = Intl.supportedValuesOf("currency").includes(unit.toUpperCase());
  if (!known) return null;
  const { maximumFractionDigits } = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: unit,
  }).resolvedOptions();
  return maximumFractionDigits ?? null;
}

/**
 * What a person typed, in the unit's smallest parts: `12.5` credits are 12,500,000. Exact, no floating point in between. Null
 * for what is no number, has more digits than the unit, or is too large to be sent exactly.
 */
export function parseAmount(text: string, digits: number): number | null {
  const found = /^([-−]?)(\d{1,15})(?:\.(\d+))?$/.exec(text.trim().replaceAll(",", ""));
  if (!found) return null;
  const [, sign = "", whole = "", fraction = ""] = found;
  if (fraction.replace(/0+$/, "").length > digits) return null;
  const parts = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  if (parts > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return sign === "" ? Number(parts) : 0 - Number(parts);
}
