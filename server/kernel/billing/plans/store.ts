/** SQL of plan versions, and of the free plan's months. */
import type { BillingFreeMonths } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import type { Plan } from "./plan.ts";

/** Keeps versions that are not kept yet; one process at a time numbers them. */
export async function keepVersions(tx: Tx, plans: readonly Plan[], now: Date): Promise<void> {
  await tx.query(
    "billing.versions_lock",
    "select pg_advisory_xact_lock(hashtextextended('billing.plans', 0))",
  );
  await tx.query(
    "billing.versions_keep",
    `insert into billing.plan_versions (id, plan_key, number, content, created_at)
     select n.id, n.plan_key,
       1 + coalesce((select max(number) from billing.plan_versions v where v.plan_key = n.plan_key), 0), n.content, $2
     from jsonb_to_recordset($1::jsonb) as n (id text, plan_key text, content jsonb)
     on conflict (id) do nothing`,
    [
      JSON.stringify(plans.map(({ versionId, key, content }) => ({ id: versionId, plan_key: key, content }))),
      now,
    ],
  );
}

export async function findVersion(tx: Tx, id: string): Promise<unknown> {
  const [row] = await tx.query<{ content: unknown }>(
    "billing.version",
    "select content from billing.plan_versions where id = $1",
    [id],
  );
  return row?.content ?? null;
}

export type FreeMonths = Narrowed<BillingFreeMonths, { org_id: OrgId; mode: Mode }>;

/** Those of these organizations whose months are not counted yet (operator's role). */
export async function listUncounted(tx: Tx, mode: Mode, orgIds: readonly OrgId[]): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "billing.free_uncounted",
    `select o.id as org_id from unnest($2::text[]) as o (id)
     where not exists (select from billing.free_months m where m.org_id = o.id and m.mode = $1)`,
    [mode, orgIds],
  );
  return rows.map(({ org_id }) => org_id);
}

/** Counts an organization's months from `anchor` on; counted already: nothing happens. */
export async function insertFreeMonths(tx: Tx, org: OrgId, mode: Mode, anchor: Date): Promise<void> {
  await tx.query(
    "billing.free_insert",
    `insert into billing.free_months (org_id, mode, anchor_at, due_at) values ($1, $2, $3, $3) on conflict do nothing`,
    [org, mode, anchor],
  );
}

/** Whose month is over, across tenants (operator's role). */
export function listFreeDue(tx: Tx, mode: Mode, now: Date, limit: number): Promise<{ org_id: OrgId }[]> {
  return tx.query(
    "billing.free_due",
    "select org_id from billing.free_months where mode = $1 and due_at <= $2 order by due_at limit $3",
    [mode, now, limit],
  );
}

export async function findFreeMonths(tx: Tx, org: OrgId, mode: Mode): Promise<FreeMonths | null> {
  const [row] = await tx.query<FreeMonths>(
    "billing.free_months",
    "select * from billing.free_months where org_id = $1 and mode = $2",
    [org, mode],
  );
  return row ?? null;
}

export async function lockFreeMonths(tx: Tx, org: OrgId, mode: Mode): Promise<FreeMonths | null> {
  const [row] = await tx.query<FreeMonths>(
    "billing.free_lock",
    "select * from billing.free_months where org_id = $1 and mode = $2 for update",
    [org, mode],
  );
  return row ?? null;
}

export async function updateFreeMonths(tx: Tx, row: FreeMonths): Promise<void> {
  await tx.query(
    "billing.free_update",
    "update billing.free_months set given = $3, due_at = $4 where org_id = $1 and mode = $2",
    [row.org_id, row.mode, row.given, row.due_at],
  );
}
