import { addMs } from "../clock.ts";
import { Problem, common } from "../problem.ts";
import { instant } from "./schemas.ts";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 366;
const DEFAULT_DAYS = 30;

/** `?from&to` of a report; spread into a strict query object. */
export const rangeQuery = {
  from: instant
    .optional()
    .meta({ description: `Inclusive; ${DEFAULT_DAYS} days before the end unless told` }),
  to: instant.optional().meta({ description: "Exclusive; now unless told" }),
};

export type Range = { from: Date; to: Date };

/** The time that a report is asked for; 400 when it is empty or longer than 366 days. */
export function rangeOf({ from, to }: { from?: Date | undefined; to?: Date | undefined }, now: Date): Range {
  const end = to ?? addMs(now, 1);
  const start = from ?? addMs(end, -DEFAULT_DAYS * DAY_MS);
  if (start >= end || end.getTime() - start.getTime() > LONGEST_DAYS * DAY_MS)
    throw new Problem(common.invalid_parameter, {
      detail: `from must be before to, at most ${LONGEST_DAYS} days`,
    });
  return { from: start, to: end };
}
