import { z } from "zod";
import { CURRENCY_EXPONENTS, MICROS_PER_CREDIT } from "../../../platform/money.ts";
import list from "../../../../config/packs.json" with { type: "json" };

/** Credits that can be bought at once, at a price that only the server sets. */
export type Pack = {
  key: string;
  name: string;
  amountMinor: bigint;
  currency: string;
  creditsMicros: bigint;
};

/** Credits that are bought in any amount, without a pack, cost what they are worth: a US cent each. */
export const TOPUP_CURRENCY = "usd";
export const TOPUP_LEAST_MINOR = 100;
export const TOPUP_MOST_MINOR = 99_999_999;
export const creditsFor = (amountMinor: bigint): bigint => amountMinor * MICROS_PER_CREDIT;

/** What is bought: a pack, or any amount, which has no key. */
export type Credits = Omit<Pack, "key" | "name"> & { key: string | null };
export const creditsOf = (amountMinor: bigint): Credits => ({
  key: null,
  amountMinor,
  currency: TOPUP_CURRENCY,
  creditsMicros: creditsFor(amountMinor),
});

/** What a company's page calls the credits of a payment. */
export function creditsName(packs: readonly Pack[], key: string | null): string {
  const pack = packs.find((each) => each.key === key);
  return pack ? `${pack.name} credits` : "Credits";
}

const packs = z
  .array(
    z.strictObject({
      key: z.string().regex(/^[a-z0-9_]{1,40}$/),
      name: z.string().min(1).max(80),
      amount_minor: z.int().min(1).max(99_999_999),
      currency: z
        .string()
        .refine((code) => Object.hasOwn(CURRENCY_EXPONENTS, code), "is not a currency we sell in"),
      credits: z.int().min(1).max(1_000_000_000),
    }),
  )
  .min(1)
  .max(50)
  .refine((rows) => new Set(rows.map(({ key }) => key)).size === rows.length, "has a key twice");

/** Reads `config/packs.json`. Throws at boot for a list that breaks its schema. */
export function readPacks(value: unknown = list): Pack[] {
  const parsed = packs.safeParse(value);
  if (!parsed.success) throw new Error(`config/packs.json: ${z.prettifyError(parsed.error)}`);
  return parsed.data.map((row) => ({
    key: row.key,
    name: row.name,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    creditsMicros: BigInt(row.credits) * MICROS_PER_CREDIT,
  }));
}
