import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import { formatAtto, parseAtto } from "../../../platform/money.ts";
import type { Gateway } from "../settling/state.ts";
import { STEPS } from "./latency.ts";
import {
  addSums,
  claimRoll,
  findEnd,
  listAdditions,
  moveCursor,
  readCursor,
  type Addition,
  type SumRow,
} from "./roll-store.ts";

/** An attempt is written within this time of its date: a settlement that the database did not take is tried for an hour. */
const LATE_MS = 86_400_000;

/**
 * Adds new attempts to the sums of their hours, each once: an organization's sums move on in the transaction that says up to
 * where they are. A run that dies leaves some of them further on than others, and the next takes each up from its own end.
 * True when there may be more at once.
 */
export async function rollUsage({ deps }: Pick<Gateway, "deps">, signal: AbortSignal): Promise<boolean> {
  const { clock, db } = deps;
  const now = clock.now();
  const { from, upto, all, additions } = await withOperatorTx(db, async (tx) => {
    const start = await readCursor(tx);
    const end = await findEnd(tx, start);
    return {
      from: start,
      ...end,
      additions: end.upto > start ? await listAdditions(tx, start, end.upto) : [],
    };
  });
  if (upto <= from) return false;
  for (const [org, rows] of Map.groupBy(additions, ({ org_id }) => org_id)) {
    if (signal.aborted) return false;
    const lower = rows[0]?.lower ?? 0n;
    const claimed = await withTx(db, org, async (tx) => {
      const own = await claimRoll(tx, org, lower, upto);
      if (own) await addSums(tx, org, merged(rows));
      return own;
    });
    // Another process is at it, and may not have come as far: what both left is taken up by the next run.
    if (!claimed) return false;
  }
  await withSystemTx(db, (tx) => moveCursor(tx, upto, all ? addMs(now, -LATE_MS) : null));
  return additions.length > 0;
}

/** One row per key of the sums, with the steps of first content side by side. */
function merged(additions: readonly Addition[]): SumRow[] {
  const rows = new Map<string, SumRow>();
  for (const { org_id: _org, lower: _lower, step, ...row } of additions) {
    const { mode, hour, model, provider, credential_id, user_id, project_id, endpoint, outcome } = row;
    const key = [
      mode,
      hour.getTime(),
      model,
      provider,
      credential_id,
      user_id,
      project_id,
      endpoint,
      outcome,
    ].join("\n");
    const known = rows.get(key);
    const sum = known ?? { ...row, first_content: Array.from({ length: STEPS }, () => 0) };
    if (known) add(known, row);
    else rows.set(key, sum);
    if (step !== null) sum.first_content[step - 1] = Number(row.requests);
  }
  return [...rows.values()];
}

const COUNTS = [
  "requests",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "audio_ms",
  "cost_micros",
  "estimated_micros",
] as const;

function add(to: SumRow, row: Omit<SumRow, "first_content">): void {
  for (const name of COUNTS) to[name] += row[name];
  for (const name of ["cost_usd", "loss_usd", "markup_usd"] as const)
    to[name] = formatAtto(parseAtto(to[name]) + parseAtto(row[name]));
}
