import { withOperatorTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { expireReservation } from "./consume.ts";
import { listDueReservations } from "./store.ts";

const BATCH = 200;

/** Ends reservations whose time is over, each as it asked. True when there may be more at once. */
export async function expireReservations(gateway: Gateway, signal: AbortSignal): Promise<boolean> {
  const { db, clock } = gateway.deps;
  const due = await withOperatorTx(db, (tx) => listDueReservations(tx, clock.now(), BATCH));
  for (const { org_id, id } of due) {
    if (signal.aborted) return false;
    await expireReservation(gateway, org_id, id);
  }
  return due.length === BATCH;
}
