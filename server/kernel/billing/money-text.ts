/** An amount as people read it, e.g. `29.00 USD`. Pure. */
import { CURRENCY_EXPONENTS } from "../../platform/money.ts";

export function moneyText(minor: bigint, currency: string): string {
  const digits = CURRENCY_EXPONENTS[currency] ?? 2;
  const sign = minor < 0n ? "-" : "";
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? "" : `.${text.slice(text.length - digits)}`;
  return `${sign}${whole}${fraction} ${currency.toUpperCase()}`;
}

/** Micro-credits as people read them, e.g. `1,000 credits`; parts of one are left out. */
export const creditsText = (micros: bigint): string =>
  `${(micros / 1_000_000n).toLocaleString("en")} credits`;
