/** SQL of subscriptions. An organization's rows are locked together, in the order of their ids, before anything else. */
import { addMs } from "../../../platform/clock.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import { RENEWAL_MS, TRIAL_ENDS_MS, type SubscriptionRow } from "./subscription.ts";

const LIVE = "('trialing', 'active', 'past_due', 'suspended', 'paused')";

export type NewSubscription = Pick<
  SubscriptionRow,
  | "id"
  | "mode"
  | "account_id"
  | "provider"
  | "plan_key"
  | "version_id"
  | "period"
  | "currency"
  | "amount_minor"
  | "quantity"
  | "status"
  | "trial_days"
  | "operation_id"
  | "success_url"
  | "cancel_url"
  | "period_start"
  | "period_end"
  | "credits_due_at"
  | "created_by"
  | "created_at"
>;

const NEW = [
  "id",
  "mode",
  "account_id",
  "provider",
  "plan_key",
  "version_id",
  "period",
  "currency",
  "amount_minor",
  "quantity",
  "status",
  "trial_days",
  "operation_id",
  "success_url",
  "cancel_url",
  "period_start",
  "period_end",
  "credits_due_at",
  "created_by",
  "created_at",
] as const satisfies readonly (keyof NewSubscription)[];

export async function insertSubscription(tx: Tx, org: OrgId, row: NewSubscription): Promise<void> {
  await tx.query(
    "billing.subscription_insert",
    `insert into billing.subscriptions (org_id, as_of, ${NEW.join(", ")})
     values ($1, $21, ${NEW.map((_, at) => `$${at + 2}`).join(", ")})`,
    [org, ...NEW.map((name) => row[name])],
  );
}

/** What a subscription begins with; before its company is called. */
export async function beginWith(
  tx: Tx,
  org: OrgId,
  id: string,
  { promotionId, methodId }: { promotionId: string | null; methodId: string | null },
): Promise<void> {
  await tx.query(
    "billing.subscription_begin_with",
    "update billing.subscriptions set promotion_id = $3, method_id = $4 where org_id = $1 and id = $2",
    [org, id, promotionId, methodId],
  );
}

/** The organization's subscriptions that are not over, and those named; locked. Waits for others who lock them. */
export async function lockSubscriptions(
  tx: Tx,
  org: OrgId,
  ids: readonly string[] = [],
): Promise<SubscriptionRow[]> {
  // The lock that all share, also while there is no row: two tabs must not both find nothing.
  await tx.query("billing.subscriptions_lock_org", "select pg_advisory_xact_lock(hashtextextended($1, 1))", [
    org,
  ]);
  return tx.query(
    "billing.subscriptions_lock",
    `select * from billing.subscriptions where org_id = $1
       and (status not in ('canceled', 'duplicate') or id = any($2::text[]))
     order by id for update`,
    [org, ids],
  );
}

export async function findSubscription(tx: Tx, org: OrgId, id: string): Promise<SubscriptionRow | null> {
  const [row] = await tx.query<SubscriptionRow>(
    "billing.subscription",
    "select * from billing.subscriptions where org_id = $1 and id = $2",
    [org, id],
  );
  return row ?? null;
}

export async function findLive(tx: Tx, org: OrgId, mode: Mode): Promise<SubscriptionRow | null> {
  const [row] = await tx.query<SubscriptionRow>(
    "billing.subscription_live",
    `select * from billing.subscriptions where org_id = $1 and mode = $2 and status in ${LIVE}`,
    [org, mode],
  );
  return row ?? null;
}

/** The one that is live, else the one being made, else the last that ended. */
export async function findCurrent(tx: Tx, org: OrgId, mode: Mode): Promise<SubscriptionRow | null> {
  const [row] = await tx.query<SubscriptionRow>(
    "billing.subscription_current",
    `select * from billing.subscriptions where org_id = $1 and mode = $2 and status <> 'duplicate'
     order by status in ${LIVE} desc, status in ('creating', 'incomplete') desc, created_at desc, id desc limit 1`,
    [org, mode],
  );
  return row ?? null;
}

const CHANGING = [
  ["plan_key", "text"],
  ["version_id", "text"],
  ["period", "text"],
  ["currency", "text"],
  ["amount_minor", "bigint"],
  ["quantity", "int"],
  ["status", "text"],
  ["provider_status", "text"],
  ["attempt", "smallint"],
  ["absent_since", "timestamptz"],
  ["session_id", "text"],
  ["session_url", "text"],
  ["session_expires_at", "timestamptz"],
  ["provider_subscription_id", "text"],
  ["provider_item_id", "text"],
  ["period_start", "timestamptz"],
  ["period_end", "timestamptz"],
  ["trial_ends_at", "timestamptz"],
  ["trial_told_at", "timestamptz"],
  ["renewal_told_for", "timestamptz"],
  ["cancel_at_period_end", "boolean"],
  ["canceled_at", "timestamptz"],
  ["ended_at", "timestamptz"],
  ["cancel_reason", "text"],
  ["cancel_feedback", "text"],
  ["scheduled_version_id", "text"],
  ["scheduled_amount_minor", "bigint"],
  ["scheduled_quantity", "int"],
  ["scheduled_period", "text"],
  ["scheduled_at", "timestamptz"],
  ["failed_payments", "int"],
  ["past_due_since", "timestamptz"],
  ["suspended_at", "timestamptz"],
  ["credits_due_at", "timestamptz"],
  ["credits_given", "int"],
  ["as_of", "timestamptz"],
  ["fetch_seq", "bigint"],
] as const satisfies readonly (readonly [keyof SubscriptionRow, string])[];

const UPDATE = `update billing.subscriptions s set ${CHANGING.map(([name]) => `${name} = n.${name}`).join(", ")}
  from jsonb_to_recordset($2::jsonb) as n (id text, ${CHANGING.map(([name, type]) => `${name} ${type}`).join(", ")})
  where s.org_id = $1 and s.id = n.id`;

/** Writes rows that were locked before. What ends goes first, so that what takes its place finds it free. */
export async function updateSubscriptions(
  tx: Tx,
  org: OrgId,
  rows: readonly SubscriptionRow[],
): Promise<void> {
  const isOver = ({ status }: SubscriptionRow) => status === "canceled" || status === "duplicate";
  for (const part of [rows.filter(isOver), rows.filter((row) => !isOver(row))])
    if (part.length > 0) await tx.query("billing.subscriptions_update", UPDATE, [org, json(part)]);
}

/**
 * Live ones without a company whose end has come, those whose next credits have, trials that are about to end where the
 * company does not tell so, years that are about to renew, and those that began before the ledger knew what they bring;
 * across tenants (operator's role).
 */
export function listClockDue(
  tx: Tx,
  mode: Mode,
  now: Date,
  limit: number,
): Promise<Narrowed<Pick<SubscriptionRow, "org_id" | "id">, { org_id: OrgId }>[]> {
  return tx.query(
    "billing.subscriptions_clock_due",
    `select org_id, id from billing.subscriptions
     where mode = $1 and status in ${LIVE}
       and (credits_due_at <= $2 or (provider = 'none' and period_end <= $2)
         or (provider = 'paypal' and status = 'trialing' and trial_told_at is null and trial_ends_at <= $4)
         or (provider <> 'none' and period = 'year' and status = 'active' and not cancel_at_period_end
           and period_end > $2 and period_end <= $5 and renewal_told_for is distinct from period_end)
         or (recurring_moves = 0 and provider <> 'none' and status in ('active', 'past_due')
           and amount_minor * quantity / case period when 'year' then 12 else 1 end > 0))
     order by coalesce(credits_due_at, period_end) limit $3`,
    [mode, now, limit, addMs(now, TRIAL_ENDS_MS), addMs(now, RENEWAL_MS)],
  );
}

/** What rows that were locked before have posted of what they bring in a month. */
export async function saveRecurring(
  tx: Tx,
  org: OrgId,
  rows: readonly Pick<SubscriptionRow, "id" | "recurring_minor" | "recurring_currency" | "recurring_moves">[],
): Promise<void> {
  await tx.query(
    "billing.subscriptions_recurring",
    `update billing.subscriptions s set recurring_minor = n.recurring_minor, recurring_currency = n.recurring_currency,
       recurring_moves = n.recurring_moves
     from jsonb_to_recordset($2::jsonb) as n (id text, recurring_minor bigint, recurring_currency text, recurring_moves int)
     where s.org_id = $1 and s.id = n.id`,
    [org, json(rows)],
  );
}

/** Amounts travel as text, which jsonb_to_recordset reads exactly. */
const json = (rows: readonly unknown[]) =>
  JSON.stringify(rows, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
