/** SQL of usage by what its price may depend on. */
import type { Tx } from "../../../platform/db/index.ts";
import { COUNTS, type Counts } from "../counts.ts";
import { FILTERS, valuesOf, type Scope, type Sums } from "../usage/store.ts";

/** Where prices change: at prompts of so many tokens, at times of the UTC day. Sorted. */
export type Steps = { sizes: readonly number[]; clocks: readonly string[] };

export type Step = Pick<Sums, "requests" | "failures"> &
  Counts<bigint> & {
    model: string;
    /** How many of the steps lie at or below the call's. */
    size: number;
    clock: number;
  };

const SUMS = `
  select model,
    width_bucket(input_tokens + cache_read_tokens + cache_write_tokens, $15::bigint[]) as size,
    width_bucket(to_char(created_at at time zone 'UTC', 'HH24:MI'), $16::text[]) as clock,
    count(*) as requests, count(*) filter (where outcome <> 'ok') as failures,
    ${COUNTS.map((name) => `sum(${name})::bigint as ${name}`).join(", ")}
  from gateway.requests
  where org_id = $1 and mode = $2 and created_at >= $3 and created_at < $4 and state in ('settled', 'released')
    and model = any($14)${FILTERS}
  group by 1, 2, 3`;

/** Calls of these models, by the steps between which each of them lies. */
export const sumBySteps = (
  tx: Tx,
  scope: Scope,
  models: readonly string[],
  { sizes, clocks }: Steps,
): Promise<Step[]> => tx.query("gateway.what_if_steps", SUMS, [...valuesOf(scope), models, sizes, clocks]);
