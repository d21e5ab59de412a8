import type { Measure, Meter, Metered } from "../../../platform/rate-limit/index.ts";
import type { Bound } from "./bound.ts";
import { tooFast } from "./refusals.ts";

const MINUTE = 60;
/** As headers and counts name them. */
export const RATES = { rpm: "llm-rpm", tpm: "llm-tpm" } as const;
type Rate = keyof typeof RATES;

/** What a call has taken of its rates. */
export type Taken = {
  /** The call was not made. */
  giveBack(): void;
  /** It has ended: this many tokens in place of the estimate. */
  settle(tokens: number): void;
};

type Wanted = { measure: Measure; rate: Rate; bound: Bound };
const NOTHING: Taken = { giveBack: () => undefined, settle: () => undefined };

/** The rates of these bounds, for so many tokens. */
export const measuresOf = (bounds: readonly Bound[], tokens: number): Wanted[] =>
  bounds.flatMap((bound) =>
    (["rpm", "tpm"] as const).flatMap((rate) => {
      const limit = bound[rate];
      if (limit === null) return [];
      const amount = rate === "rpm" ? 1 : tokens;
      const measure = { name: RATES[rate], subject: bound.id, limit, seconds: MINUTE, amount };
      return [{ measure, rate, bound }];
    }),
  );

/**
 * Takes one call and its tokens of every rate that binds, or of none: 429, which names whose rate it was. Writes the
 * `RateLimit` headers.
 */
export async function takeRates(
  meter: Meter,
  asked: { bounds: readonly Bound[]; tokens: number; now: Date; header(name: string, value: string): void },
): Promise<Taken> {
  const wanted = measuresOf(asked.bounds, asked.tokens);
  if (wanted.length === 0) return NOTHING;
  const taken = await meter.take(wanted.map(({ measure }) => measure));
  tell(wanted, taken, asked.header);
  if (!taken.allowed) {
    const at = wanted.findIndex(
      ({ measure }) => measure.name === taken.refused?.name && measure.subject === taken.refused.subject,
    );
    const { bound, rate, measure } = wanted[at] as Wanted;
    throw tooFast(bound, {
      name: rate,
      limit: measure.limit,
      resetSeconds: taken.resetSeconds,
      now: asked.now,
    });
  }
  const amounts = wanted.map(({ measure }) => Math.min(measure.amount, measure.limit));
  let open = true;
  const once = (by: readonly number[]) => {
    if (!open) return;
    open = false;
    void taken.correct(by);
  };
  return {
    giveBack: () => once(amounts.map((amount) => -amount)),
    settle: (tokens) =>
      once(wanted.map(({ rate }, at) => (rate === "rpm" ? 0 : tokens - (amounts[at] as number)))),
  };
}

/** The rate that leaves the least, after this call. */
function tell(
  wanted: readonly Wanted[],
  taken: Metered,
  header: (name: string, value: string) => void,
): void {
  header(
    "ratelimit-policy",
    [...new Set(wanted.map(({ measure }) => `"${measure.name}";q=${measure.limit};w=${MINUTE}`))].join(", "),
  );
  const left = wanted.map(({ measure }, at) => {
    const used =
      (taken.gauged[at]?.used ?? 0) + (taken.allowed ? Math.min(measure.amount, measure.limit) : 0);
    return { measure, remaining: Math.max(0, measure.limit - used) };
  });
  const least = left.reduce((a, b) =>
    b.remaining / b.measure.limit < a.remaining / a.measure.limit ? b : a,
  );
  const { name } = least.measure;
  header("ratelimit", `"${name}";r=${least.remaining};t=${taken.allowed ? MINUTE : taken.resetSeconds}`);
}
