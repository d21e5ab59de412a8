/** SQL of the proof's runs, and of the days that they proved. */
import type { GatewayProofRuns } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { formatAtto } from "../../../platform/money.ts";
import type { Day } from "./day.ts";
import type { Mode, Sides } from "./finding.ts";

export type RunRow = Narrowed<
  GatewayProofRuns,
  { id: Id<"run">; state: "queued" | "running" | "completed" | "failed" }
>;

/** Null while the day is being proven, or when its night had its run. */
export async function insertRun(
  tx: Tx,
  run: Pick<RunRow, "id" | "day" | "nightly" | "created_by" | "created_at">,
): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>(
    "gateway.proof_run_insert",
    `insert into gateway.proof_runs (id, day, nightly, state, created_by, created_at)
     values ($1, $2, $3, 'queued', $4, $5) on conflict do nothing returning *`,
    [run.id, run.day, run.nightly, run.created_by, run.created_at],
  );
  return row ?? null;
}

/** Goes on with a run that is not over; null when it is. */
export async function beginRun(tx: Tx, id: Id<"run">): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>(
    "gateway.proof_run_begin",
    `update gateway.proof_runs set state = 'running' where id = $1 and state in ('queued', 'running') returning *`,
    [id],
  );
  return row ?? null;
}

export async function endRun(
  tx: Tx,
  id: Id<"run">,
  end: { state: "completed" | "failed"; breaks: number; now: Date },
): Promise<void> {
  await tx.query(
    "gateway.proof_run_end",
    `update gateway.proof_runs set state = $2, breaks = $3, finished_at = $4
     where id = $1 and state in ('queued', 'running')`,
    [id, end.state, end.breaks, end.now],
  );
}

/** Ends runs whose job is gone. */
export async function failLostRuns(tx: Tx, startedBefore: Date, now: Date): Promise<void> {
  await tx.query(
    "gateway.proof_runs_lost",
    `update gateway.proof_runs set state = 'failed', finished_at = $2
     where state in ('queued', 'running') and created_at < $1`,
    [startedBefore, now],
  );
}

export const listRuns = (tx: Tx, limit: number): Promise<RunRow[]> =>
  tx.query(
    "gateway.proof_runs",
    "select * from gateway.proof_runs order by created_at desc, id desc limit $1",
    [limit],
  );

/** The sides of a day as they were last compared. */
export async function saveSides(tx: Tx, day: Day, sides: readonly Sides[], now: Date): Promise<void> {
  if (sides.length === 0) return;
  const rows = sides.map((each) => ({
    mode: each.mode,
    side: each.side,
    source: each.source,
    calls: String(each.calls),
    checked: String(each.checked),
    ours_usd: formatAtto(each.oursAtto),
    theirs_usd: each.theirsAtto === null ? null : formatAtto(each.theirsAtto),
  }));
  await tx.query(
    "gateway.proof_days_save",
    `insert into gateway.proof_days (day, mode, side, source, calls, checked, ours_usd, theirs_usd, proven_at)
     select $1, n.*, $2 from jsonb_to_recordset($3::jsonb) as n (mode text, side text, source text, calls bigint,
       checked bigint, ours_usd numeric, theirs_usd numeric)
     order by n.mode, n.side
     on conflict (day, mode, side) do update
     set source = excluded.source, calls = excluded.calls, checked = excluded.checked, ours_usd = excluded.ours_usd,
         theirs_usd = excluded.theirs_usd, proven_at = excluded.proven_at`,
    [day.name, now, JSON.stringify(rows)],
  );
}

export type DayRow = {
  day: string;
  side: string;
  source: Sides["source"];
  calls: bigint;
  checked: bigint;
  ours_usd: string;
  theirs_usd: string | null;
  proven_at: Date;
};
const MOST_ROWS = 4_000;

export const listSides = (tx: Tx, mode: Mode, from: string, to: string): Promise<DayRow[]> =>
  tx.query(
    "gateway.proof_days",
    `select day, side, source, calls, checked, trim_scale(ours_usd)::text as ours_usd,
       trim_scale(theirs_usd)::text as theirs_usd, proven_at
     from gateway.proof_days where mode = $1 and day >= $2 and day <= $3 order by day, side limit ${MOST_ROWS}`,
    [mode, from, to],
  );
