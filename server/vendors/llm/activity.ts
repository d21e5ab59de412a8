import { attoOrNull } from "./usage.ts";

/** What a provider's books say of a UTC day. */
export type DayBooks = {
  /** All that it billed, in 10⁻¹⁸ USD. */
  costAtto: bigint;
  requests: number;
};

/** OpenRouter's activity of one day: a row per model and endpoint; null for what is no such list. */
export function readActivity(body: unknown): DayBooks | null {
  const rows = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(rows)) return null;
  const books = { costAtto: 0n, requests: 0 };
  for (const row of rows as ({ usage?: unknown; requests?: unknown } | null)[]) {
    const cost = attoOrNull(row?.usage);
    if (cost === null) return null;
    books.costAtto += cost;
    books.requests += Number.isSafeInteger(row?.requests) ? Number(row?.requests) : 0;
  }
  return books;
}
