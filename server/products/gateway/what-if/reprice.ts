/** What usage would have cost at other prices. Pure. */
import type { Sums } from "../usage/store.ts";
import { costOf, type Rates } from "../models/price.ts";

/** In 10⁻¹⁸ USD. Calls that failed had no price per request. */
export function repriced(rates: Rates, used: Omit<Sums, "first_content">): bigint {
  const { request, ...perToken } = rates;
  const tokens = costOf(
    { ...perToken, request: 0n },
    {
      inputTokens: Number(used.input_tokens),
      cacheReadTokens: Number(used.cache_read_tokens),
      cacheWriteTokens: Number(used.cache_write_tokens),
      outputTokens: Number(used.output_tokens),
      reasoningTokens: Number(used.reasoning_tokens),
      audioMs: Number(used.audio_ms),
      costAtto: null,
    },
  );
  return tokens + request * (used.requests - used.failures);
}
