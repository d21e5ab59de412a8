/** SQL of adjustments. */
import type { LedgerAdjustments } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../book/entry.ts";
import type { Adjustment, AdjustmentState, AdjustmentType } from "./adjustment.ts";

type Row = Narrowed<
  Omit<LedgerAdjustments, "operation_id">,
  { org_id: OrgId; id: Id<"adj">; mode: Mode; type: AdjustmentType; state: AdjustmentState }
>;

const COLUMNS = `org_id, id, mode, type, unit, amount, expires_at, reason, state, requested_by, requested_at, decided_by,
  decided_at`;

const adjustmentOf = (row: Row): Adjustment => ({
  orgId: row.org_id,
  id: row.id,
  mode: row.mode,
  type: row.type,
  unit: row.unit,
  amount: row.amount,
  expiresAt: row.expires_at,
  reason: row.reason,
  state: row.state,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
});

/** Writes it, unless the same request wrote it before; answers what stands, and whether it is new. */
export async function insertAdjustment(
  tx: Tx,
  made: Adjustment & { operationId: string },
): Promise<{ row: Adjustment; isNew: boolean }> {
  const inserted = await tx.query<Row>(
    "ledger.insert_adjustment",
    `insert into ledger.adjustments (${COLUMNS}, operation_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (org_id, operation_id) do nothing returning ${COLUMNS}`,
    [
      made.orgId,
      made.id,
      made.mode,
      made.type,
      made.unit,
      made.amount,
      made.expiresAt,
      made.reason,
      made.state,
      made.requestedBy,
      made.requestedAt,
      made.decidedBy,
      made.decidedAt,
      made.operationId,
    ],
  );
  if (inserted[0]) return { row: adjustmentOf(inserted[0]), isNew: true };
  const [known] = await tx.query<Row>(
    "ledger.adjustment_of_operation",
    `select ${COLUMNS} from ledger.adjustments where org_id = $1 and operation_id = $2`,
    [made.orgId, made.operationId],
  );
  return { row: known ? adjustmentOf(known) : made, isNew: false };
}

/** As the operator: whose it is. */
export async function findOrgOf(tx: Tx, id: string, type: AdjustmentType): Promise<OrgId | null> {
  const [row] = await tx.query<{ org_id: OrgId }>(
    "ledger.adjustment_org",
    "select org_id from ledger.adjustments where id = $1 and type = $2",
    [id, type],
  );
  return row?.org_id ?? null;
}

export async function lockAdjustment(tx: Tx, org: OrgId, id: string): Promise<Adjustment | null> {
  const [row] = await tx.query<Row>(
    "ledger.lock_adjustment",
    `select ${COLUMNS} from ledger.adjustments where org_id = $1 and id = $2 for update`,
    [org, id],
  );
  return row ? adjustmentOf(row) : null;
}

export async function updateDecision(
  tx: Tx,
  { orgId, id, state, decidedBy, decidedAt }: Adjustment,
): Promise<void> {
  await tx.query(
    "ledger.decide_adjustment",
    "update ledger.adjustments set state = $3, decided_by = $4, decided_at = $5 where org_id = $1 and id = $2",
    [orgId, id, state, decidedBy, decidedAt],
  );
}

export type AdjustmentFilter = {
  type: AdjustmentType | null;
  state: AdjustmentState | null;
  orgId: string | null;
};

/** As the operator: newest first. */
export async function listAdjustments(
  tx: Tx,
  { type, state, orgId }: AdjustmentFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<Adjustment[]> {
  const rows = await tx.query<Row>(
    "ledger.list_adjustments",
    `select ${COLUMNS} from ledger.adjustments
     where ($1::text is null or type = $1) and ($2::text is null or state = $2)
       and ($3::text is null or org_id = $3)
       and ($4::timestamptz is null or (requested_at, id) < ($4, $5))
     order by requested_at desc, id desc limit $6`,
    [type, state, orgId, page.after?.at ?? null, page.after?.id ?? null, page.limit],
  );
  return rows.map(adjustmentOf);
}
