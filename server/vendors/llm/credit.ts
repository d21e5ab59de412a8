/** How much may still be spent at a company, as its own account says. Pure. */
import { attoOrNull } from "./usage.ts";

/**
 * `leftAtto` in 10⁻¹⁸ USD, below zero in debt; null: nothing that this key may read bounds it. `none`: the company does not
 * tell.
 */
export type CreditLookup =
  | { state: "found"; leftAtto: bigint | null }
  | { state: "none" }
  | { state: "unavailable" };

type Fields = Record<string, unknown>;
const dataOf = (body: unknown): Fields | null => {
  const data = (body as { data?: unknown } | null)?.data;
  return typeof data === "object" && data !== null ? (data as Fields) : null;
};

/** OpenRouter's `/key`: what is left of the key's own limit; null where it has none, undefined for what is no such answer. */
export function readKeyLeft(body: unknown): bigint | null | undefined {
  const data = dataOf(body);
  if (!data || !("limit_remaining" in data)) return undefined;
  if (data["limit_remaining"] === null) return null;
  return attoOrNull(data["limit_remaining"]) ?? undefined;
}

/** OpenRouter's `/credits`: what was bought less what was used; undefined for what is no such answer. */
export function readAccountLeft(body: unknown): bigint | undefined {
  const data = dataOf(body);
  const bought = attoOrNull(data?.["total_credits"]);
  const used = attoOrNull(data?.["total_usage"]);
  return bought === null || used === null ? undefined : bought - used;
}

/** The least of what bounds it; unavailable when one of those that were asked said nothing. */
export function leastLeft(asked: readonly (bigint | null | undefined)[]): CreditLookup {
  let least: bigint | null = null;
  for (const left of asked) {
    if (left === undefined) return { state: "unavailable" };
    if (left !== null && (least === null || left < least)) least = left;
  }
  return { state: "found", leftAtto: least };
}
