/** Times to first content as counts by step, four steps to a doubling; percentiles of them are within a tenth. Pure. */

const PER_DOUBLING = 4;
export const STEPS = 64;

/** The step of `first_content_ms`, as SQL: from 1; null without one. */
export const STEP = `case when first_content_ms is not null
  then least(${STEPS}, 1 + floor(${PER_DOUBLING} * log(2.0, greatest(first_content_ms, 1)::numeric)))::int end`;

/** Milliseconds in the middle of a step. */
const msOf = (step: number): number => Math.round(2 ** ((step - 0.5) / PER_DOUBLING));

/** The time within which this part of them came; null without any. */
export function percentile(counts: ReadonlyMap<number, bigint>, part: number): number | null {
  const steps = [...counts].filter(([, count]) => count > 0n).toSorted(([a], [b]) => a - b);
  const all = steps.reduce((sum, [, count]) => sum + Number(count), 0);
  let seen = 0;
  for (const [step, count] of steps) {
    seen += Number(count);
    if (seen >= part * all) return msOf(step);
  }
  return null;
}
