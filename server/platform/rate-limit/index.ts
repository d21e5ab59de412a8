/**
 * Rate limits. A rule is a class with one or more windows; a request takes one from each window of each of its subjects, or
 * from none of them. The windows slide: at no moment do more than `limit` lie within the last `seconds`, and what was
 * refused is not counted, so waiting `Retry-After` suffices.
 *
 * Of a meter more than one may be taken, and what was taken be corrected: tokens of a model call, known when it has ended.
 *
 * Counted in Redis or Valkey when it answers, exactly and for all processes together. While it does not, or without one,
 * rules of kind `auth` and `payment` are counted in PostgreSQL, just as exactly; the others in each process's memory at
 * limit ÷ live processes. Owns `platform.limit_takes`, `limit_overrides` and `limit_refusals`.
 */
export { limitJobs } from "./jobs.ts";
export { createLimiter, type Limiter, type LimiterOptions } from "./limiter.ts";
export type { Measure } from "./measure.ts";
export type { Meter, Metered } from "./meter.ts";
export {
  perMinute,
  personSubject,
  policyText,
  stateText,
  type Rule,
  type Taking,
  type Verdict,
  type Window,
} from "./rule.ts";
