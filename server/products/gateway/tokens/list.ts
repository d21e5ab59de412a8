import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { reachOf } from "./reservation.ts";
import { listReservations, type ReservationRow } from "./store.ts";

/** One more than `limit` tells that there are more. */
export function listHolds(
  { deps }: Pick<Gateway, "deps">,
  actor: Actor,
  page: { state: string | null; limit: number; after: { at: Date; id: string } | null },
): Promise<ReservationRow[]> {
  return withTx(deps.db, actor.orgId, (tx) =>
    listReservations(tx, actor.orgId, { ...page, mode: actor.mode, own: reachOf(actor) }),
  );
}
