import type { Taking, Tally } from "./rule.ts";

/** Where takes are counted. */
export type Counts = {
  /** Each window before this request, which is added to all of them when all have room and `take` is true. */
  count(takings: readonly Taking[], take: boolean): Promise<Tally[]>;
};

/** What was counted, with the limits that it was held against, and the windows in the same order. */
export type Counted = { takings: readonly Taking[]; tallies: readonly Tally[] };
