/** SQL of the reservations: credits that programs set aside for work of their own. */
import type { GatewayReservations } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";

export const STATES = ["pending", "captured", "released"] as const;
export type ReservationState = (typeof STATES)[number];

export type ReservationRow = Narrowed<
  GatewayReservations,
  {
    org_id: OrgId;
    id: HoldId;
    mode: "test" | "live";
    on_expiry: "release" | "capture";
    state: ReservationState;
  }
>;

export type NewReservation = Omit<ReservationRow, "state" | "captured_micros" | "ended_by" | "ended_at">;

/** A row that is there already stays as it is. */
export async function insertReservation(tx: Tx, row: NewReservation): Promise<void> {
  await tx.query(
    "gateway.reservation_insert",
    `insert into gateway.reservations (org_id, id, mode, credential_id, user_id, person_id, purpose, project_id, model,
       price_version, amount_micros, on_expiry, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (org_id, id) do nothing`,
    [
      row.org_id,
      row.id,
      row.mode,
      row.credential_id,
      row.user_id,
      row.person_id,
      row.purpose,
      row.project_id,
      row.model,
      row.price_version,
      row.amount_micros,
      row.on_expiry,
      row.expires_at,
      row.created_at,
    ],
  );
}

export async function findReservation(tx: Tx, org: OrgId, id: string): Promise<ReservationRow | null> {
  const [row] = await tx.query<ReservationRow>(
    "gateway.reservation",
    "select * from gateway.reservations where org_id = $1 and id = $2",
    [org, id],
  );
  return row ?? null;
}

/** Ends one that is pending; its hold was settled in the same transaction. */
export async function endReservation(
  tx: Tx,
  org: OrgId,
  id: string,
  end: { captured: bigint; by: string; now: Date },
): Promise<void> {
  await tx.query(
    "gateway.reservation_end",
    `update gateway.reservations
     set state = case when $3::bigint > 0 then 'captured' else 'released' end, captured_micros = $3, ended_by = $4, ended_at = $5
     where org_id = $1 and id = $2 and state = 'pending'`,
    [org, id, end.captured, end.by, end.now],
  );
}

const LIST = `
  select * from gateway.reservations
  where org_id = $1 and mode = $2 and ($3::text is null or state = $3)
    and ($4::boolean is not true or credential_id = $5 or user_id = $6)
    and ($7::timestamptz is null or (created_at, id) < ($7, $8))
  order by created_at desc, id desc limit $9`;

/** Newest first. `own` limits them to those of one credential and its person. */
export function listReservations(
  tx: Tx,
  org: OrgId,
  filter: {
    mode: string;
    state: string | null;
    own: { credentialId: string; userId: string | null } | null;
    after: { at: Date; id: string } | null;
    limit: number;
  },
): Promise<ReservationRow[]> {
  return tx.query("gateway.reservations", LIST, [
    org,
    filter.mode,
    filter.state,
    filter.own !== null,
    filter.own?.credentialId ?? null,
    filter.own?.userId ?? null,
    filter.after?.at ?? null,
    filter.after?.id ?? null,
    filter.limit,
  ]);
}

/** Those of all organizations whose time is over; for the operator's role. */
export function listDueReservations(
  tx: Tx,
  now: Date,
  limit: number,
): Promise<{ org_id: OrgId; id: HoldId }[]> {
  return tx.query(
    "gateway.reservations_due",
    `select org_id, id from gateway.reservations where state = 'pending' and expires_at <= $1
     order by expires_at limit $2`,
    [now, limit],
  );
}
