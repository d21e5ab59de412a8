/** SQL of limit rules and budget windows, and of what runs now. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Period, Rule, SubjectType } from "./bound.ts";

type RuleRow = {
  subject_type: SubjectType;
  subject_id: string;
  rpm: number | null;
  tpm: number | null;
  concurrency: number | null;
  budget_daily_micros: bigint | null;
  budget_monthly_micros: bigint | null;
  alert_percents: number[];
};
export type StoredRule = Rule & { type: SubjectType; id: string };

const MOST_RULES = 10_000;

export async function listRules(tx: Tx, org: OrgId): Promise<StoredRule[]> {
  const rows = await tx.query<RuleRow>(
    "gateway.limit_rules",
    `select subject_type, subject_id, rpm, tpm, concurrency, budget_daily_micros, budget_monthly_micros, alert_percents
     from gateway.limit_rules where org_id = $1 order by subject_type, subject_id limit $2`,
    [org, MOST_RULES],
  );
  return rows.map((row) => ({
    type: row.subject_type,
    id: row.subject_id,
    rpm: row.rpm,
    tpm: row.tpm,
    concurrency: row.concurrency,
    budgetDailyMicros: row.budget_daily_micros,
    budgetMonthlyMicros: row.budget_monthly_micros,
    alertPercents: row.alert_percents,
  }));
}

export async function saveRule(
  tx: Tx,
  org: OrgId,
  rule: StoredRule,
  { by, now }: { by: string; now: Date },
): Promise<void> {
  await tx.query(
    "gateway.limit_rule_save",
    `insert into gateway.limit_rules (org_id, subject_type, subject_id, rpm, tpm, concurrency, budget_daily_micros,
       budget_monthly_micros, alert_percents, updated_by, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (org_id, subject_type, subject_id) do update
     set rpm = excluded.rpm, tpm = excluded.tpm, concurrency = excluded.concurrency,
         budget_daily_micros = excluded.budget_daily_micros, budget_monthly_micros = excluded.budget_monthly_micros,
         alert_percents = excluded.alert_percents, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
    [
      org,
      rule.type,
      rule.id,
      rule.rpm,
      rule.tpm,
      rule.concurrency,
      rule.budgetDailyMicros,
      rule.budgetMonthlyMicros,
      rule.alertPercents,
      by,
      now,
    ],
  );
}

/** Calls and holds that run now, by who began them. Micro-credits held: in all, and of this UTC month and day. */
export type Running = {
  credential_id: string;
  person_id: string | null;
  calls: number;
  held: bigint;
  held_month: bigint;
  held_day: bigint;
};

const RUNNING = `
  select credential_id, person_id, sum(calls)::int as calls, sum(held)::bigint as held,
    coalesce(sum(held) filter (where created_at >= $3), 0)::bigint as held_month,
    coalesce(sum(held) filter (where created_at >= $4), 0)::bigint as held_day
  from (
    select credential_id, person_id, case endpoint when 'compression' then 0 else 1 end as calls, held_micros as held, created_at from gateway.requests
    where org_id = $1 and state in ('open', 'reconciling') and mode = $2
    union all
    select credential_id, person_id, 0, amount_micros, created_at from gateway.reservations
    where org_id = $1 and state = 'pending' and mode = $2) running
  group by credential_id, person_id`;

export function listRunning(
  tx: Tx,
  org: OrgId,
  of: { mode: string; monthStart: Date; dayStart: Date },
): Promise<Running[]> {
  return tx.query("gateway.running", RUNNING, [org, of.mode, of.monthStart, of.dayStart]);
}

/** A window that a subject's budget counts in. */
export type WindowKey = { subject_type: SubjectType; subject_id: string; period: Period; starts_at: Date };
export type Budgeted = WindowKey & { limit_micros: bigint; alert_percents: readonly number[] };
export type WindowRow = {
  subject_id: string;
  period: Period;
  spent_micros: bigint;
  /** Null: there is no row yet, and what was spent is the sum of the calls. */
  limit_micros: bigint | null;
  alert_percents: number[] | null;
  refused_at: Date | null;
};

/** A window without a row is summed up from the calls and holds that ended; once it has one, these are not looked at. */
const WINDOWS = `
  select w.subject_id, w.period, b.limit_micros, b.alert_percents, b.refused_at,
    coalesce(b.spent_micros, (
      select coalesce(sum(cost_micros), 0) from gateway.requests
      where org_id = $1 and mode = $2 and created_at >= w.starts_at and state in ('settled', 'released')
        and (w.subject_type = 'org' or w.subject_type = 'user' and person_id = w.subject_id
          or w.subject_type = 'key' and credential_id = w.subject_id)
    ) + (
      select coalesce(sum(captured_micros), 0) from gateway.reservations
      where org_id = $1 and mode = $2 and created_at >= w.starts_at and state = 'captured'
        and (w.subject_type = 'org' or w.subject_type = 'user' and person_id = w.subject_id
          or w.subject_type = 'key' and credential_id = w.subject_id)
    ))::bigint as spent_micros
  from json_to_recordset($3::json) as w (subject_type text, subject_id text, period text, starts_at timestamptz)
  left join gateway.budget_windows b on b.org_id = $1 and b.mode = $2 and b.subject_id = w.subject_id
    and b.period = w.period and b.starts_at = w.starts_at`;

export function readWindows(
  tx: Tx,
  org: OrgId,
  mode: string,
  keys: readonly WindowKey[],
): Promise<WindowRow[]> {
  const wanted = keys.map(({ subject_type, subject_id, period, starts_at }) => ({
    subject_type,
    subject_id,
    period,
    starts_at,
  }));
  return tx.query("gateway.windows", WINDOWS, [org, mode, JSON.stringify(wanted)]);
}

const SAVE_WINDOWS = `
  insert into gateway.budget_windows as b
    (org_id, mode, subject_type, subject_id, period, starts_at, spent_micros, limit_micros, alert_percents, refused_at)
  select $1, $2, w.subject_type, w.subject_id, w.period, w.starts_at, w.spent_micros, w.limit_micros, w.alert_percents,
    w.refused_at
  from json_to_recordset($3::json) as w (subject_type text, subject_id text, period text, starts_at timestamptz,
    spent_micros bigint, limit_micros bigint, alert_percents smallint[], refused_at timestamptz)
  order by w.subject_id, w.period
  on conflict (org_id, mode, subject_id, period, starts_at) do update
  set limit_micros = excluded.limit_micros, alert_percents = excluded.alert_percents,
      refused_at = coalesce(b.refused_at, excluded.refused_at)`;

/** Makes windows, or notes what their budget is now. What they have spent stays. */
export async function saveWindows(
  tx: Tx,
  org: OrgId,
  mode: string,
  rows: readonly (Budgeted & { spent_micros: bigint; refused_at: Date | null })[],
): Promise<void> {
  const json = JSON.stringify(
    rows.map((row) => ({
      ...row,
      spent_micros: row.spent_micros.toString(),
      limit_micros: row.limit_micros.toString(),
    })),
  );
  await tx.query("gateway.save_windows", SAVE_WINDOWS, [org, mode, json]);
}

/** Part of a settlement's statement: `$1` is the organization, `$3` the JSON of `additionsOf`. */
export const ADD_TO_WINDOWS = `
  update gateway.budget_windows w set spent_micros = w.spent_micros + a.added
  from json_to_recordset($3::json) as a (mode text, subject_id text, period text, starts_at timestamptz, added bigint)
  where w.org_id = $1 and w.mode = a.mode and w.subject_id = a.subject_id and w.period = a.period
    and w.starts_at = a.starts_at`;

/** The same by itself: `$2` is not looked at. */
export async function addToWindows(tx: Tx, org: OrgId, additions: string): Promise<void> {
  await tx.query("gateway.add_to_windows", ADD_TO_WINDOWS.replaceAll("$3", "$2"), [org, additions]);
}
