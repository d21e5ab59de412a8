/** SQL of runs. */
import type { PaymentsRuns } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { Id } from "../../../../platform/ids.ts";
import type { ProviderAccount } from "../books/provider-books.ts";
import type { Totals } from "../store.ts";

export type RunId = Id<"run">;
export type RunState = "queued" | "running" | "completed" | "failed";
export type RunRow = Narrowed<Omit<PaymentsRuns, "totals">, { id: RunId; state: RunState }> & {
  /** As `totalsOf` reads them. */
  totals: unknown;
};

/** Null when the account has one under way, or this night's was made before. */
export async function insertRun(
  tx: Tx,
  account: ProviderAccount,
  run: Pick<RunRow, "id" | "from_at" | "to_at" | "night" | "days" | "created_by" | "created_at">,
): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>(
    "payments.run_insert",
    `insert into payments.runs (id, account_id, mode, from_at, to_at, night, state, days, created_by, created_at, touched_at)
     values ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9, $9) on conflict do nothing returning *`,
    [
      run.id,
      account.accountId,
      account.mode,
      run.from_at,
      run.to_at,
      run.night,
      run.days,
      run.created_by,
      run.created_at,
    ],
  );
  return row ?? null;
}

export async function findRun(tx: Tx, id: string): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>("payments.run", "select * from payments.runs where id = $1", [id]);
  return row ?? null;
}

/** Newest first. */
export function listRuns(
  tx: Tx,
  filter: {
    mode: string;
    accountId?: string | undefined;
    limit: number;
    cursor: { at: Date; id: string } | null;
  },
): Promise<RunRow[]> {
  return tx.query(
    "payments.runs",
    `select * from payments.runs where mode = $1 and ($2::text is null or account_id = $2)
       and (created_at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4, ''))
     order by created_at desc, id desc limit $5`,
    [
      filter.mode,
      filter.accountId ?? null,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}

/** Goes on with a run that is not over; null when it is. */
export async function beginRun(tx: Tx, id: string, now: Date): Promise<RunRow | null> {
  const [row] = await tx.query<RunRow>(
    "payments.run_begin",
    `update payments.runs set state = 'running', touched_at = $2 where id = $1 and state in ('queued', 'running')
     returning *`,
    [id, now],
  );
  return row ?? null;
}

export async function touchRun(tx: Tx, id: string, daysDone: number, now: Date): Promise<void> {
  await tx.query(
    "payments.run_touch",
    "update payments.runs set days_done = $2, touched_at = $3 where id = $1 and state = 'running'",
    [id, daysDone, now],
  );
}

export async function finishRun(
  tx: Tx,
  id: string,
  end: { totals: readonly Totals[]; complete: boolean; now: Date } | { errorCode: string; now: Date },
): Promise<void> {
  const done = "totals" in end;
  await tx.query(
    "payments.run_finish",
    `update payments.runs set state = $2, totals = $3, complete = $4, error_code = $5, finished_at = $6, touched_at = $6
     where id = $1 and state in ('queued', 'running')`,
    [
      id,
      done ? "completed" : "failed",
      JSON.stringify(done ? end.totals : [], (_key, value: unknown) =>
        typeof value === "bigint" ? value.toString() : value,
      ),
      done ? end.complete : false,
      done ? null : end.errorCode,
      end.now,
    ],
  );
}

/** Ends runs that nothing has touched since; their job is gone. */
export async function failLostRuns(tx: Tx, untouchedSince: Date, now: Date): Promise<number> {
  const rows = await tx.query(
    "payments.runs_lost",
    `update payments.runs set state = 'failed', error_code = 'lost', finished_at = $2
     where state in ('queued', 'running') and touched_at < $1 returning id`,
    [untouchedSince, now],
  );
  return rows.length;
}

/** Where the last completed time of an account's nights ends; null before the first. */
export async function findLastNight(tx: Tx, accountId: string): Promise<Date | null> {
  const [row] = await tx.query<{ to_at: Date | null }>(
    "payments.run_last_night",
    `select max(to_at) as to_at from payments.runs
     where account_id = $1 and night is not null and state = 'completed' and complete`,
    [accountId],
  );
  return row?.to_at ?? null;
}

type KeptSide = { count: number; net_minor: string };
type KeptTotals = {
  currency: string;
  provider: KeptSide;
  events: KeptSide;
  ledger: KeptSide;
  matched: number;
};

/** Totals as they were kept: amounts are text there. */
export function totalsOf(run: Pick<RunRow, "totals">): Totals[] {
  const read = ({ count, net_minor }: KeptSide) => ({ count, net_minor: BigInt(net_minor) });
  return (run.totals as KeptTotals[]).map((row) => ({
    currency: row.currency,
    provider: read(row.provider),
    events: read(row.events),
    ledger: read(row.ledger),
    matched: row.matched,
  }));
}
