/** SQL of budgets that are to be told of. */
import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Period, SubjectType } from "./bound.ts";

export type WarnKey = { mode: "test" | "live"; subject_id: string; period: Period; starts_at: Date };
export type ToWarn = {
  subject_type: SubjectType;
  /** The highest percentage that was reached. */
  percent: number;
  spent_micros: bigint;
  limit_micros: bigint;
};

/** A refusal counts as all of it: so little is left that a call does not fit. */
const REACHED = `(select max(p) from unnest(alert_percents) p
  where p > warned_percent and (spent_micros * 100 >= limit_micros * p or p = 100 and refused_at is not null))`;

/** Across tenants; for the operator's role. */
export function listToWarn(tx: Tx, since: Date, limit: number): Promise<(WarnKey & { org_id: OrgId })[]> {
  return tx.query(
    "gateway.budgets_to_warn",
    `select org_id, mode, subject_id, period, starts_at from gateway.budget_windows
     where starts_at >= $1 and ${REACHED} is not null order by org_id, subject_id, period limit $2`,
    [since, limit],
  );
}

/** Null when it was told meanwhile. */
export async function lockToWarn(tx: Tx, org: OrgId, key: WarnKey): Promise<ToWarn | null> {
  const [row] = await tx.query<ToWarn & { percent: number | null }>(
    "gateway.budget_to_warn",
    `select subject_type, spent_micros, limit_micros, ${REACHED}::int as percent from gateway.budget_windows
     where org_id = $1 and mode = $2 and subject_id = $3 and period = $4 and starts_at = $5 for update`,
    [org, key.mode, key.subject_id, key.period, key.starts_at],
  );
  return row && row.percent !== null ? row : null;
}

export async function noteWarned(tx: Tx, org: OrgId, key: WarnKey, percent: number): Promise<void> {
  await tx.query(
    "gateway.budget_warned",
    `update gateway.budget_windows set warned_percent = $6
     where org_id = $1 and mode = $2 and subject_id = $3 and period = $4 and starts_at = $5`,
    [org, key.mode, key.subject_id, key.period, key.starts_at, percent],
  );
}

export async function findWindow(
  tx: Tx,
  org: OrgId,
  key: Omit<WarnKey, "starts_at"> & { starts_at: string },
): Promise<{ subject_type: SubjectType; spent_micros: bigint; limit_micros: bigint } | null> {
  const [row] = await tx.query<{ subject_type: SubjectType; spent_micros: bigint; limit_micros: bigint }>(
    "gateway.budget_window",
    `select subject_type, spent_micros, limit_micros from gateway.budget_windows
     where org_id = $1 and mode = $2 and subject_id = $3 and period = $4 and starts_at = $5`,
    [org, key.mode, key.subject_id, key.period, key.starts_at],
  );
  return row ?? null;
}

const AT_ONCE = 1_000;

/** True when there may be more. */
export async function deleteOldWindows(db: Db, before: Date): Promise<boolean> {
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId }>(
      "gateway.windows_old",
      `select distinct org_id from (
         select org_id from gateway.budget_windows where starts_at < $1 order by starts_at limit $2) old order by org_id`,
      [before, AT_ONCE],
    ),
  );
  for (const { org_id: org } of due)
    await withTx(db, org, (tx) =>
      tx.query(
        "gateway.windows_forget",
        "delete from gateway.budget_windows where org_id = $1 and starts_at < $2",
        [org, before],
      ),
    );
  return due.length > 0;
}
