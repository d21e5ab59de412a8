import { catalogueFor } from "../models/catalogue-for.ts";
import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { HoldId } from "../../../platform/ids.ts";
import { assert, type Problem } from "../../../platform/problem.ts";
import type { Gateway } from "../settling/state.ts";
import { boundOf, type Asked } from "./cost.ts";
import { budgetsOf, holdWithin, newReservation, unlessRefused } from "./reservation.ts";
import { findReservation, type ReservationRow } from "./store.ts";

export type Reserve = Asked & {
  deadline_s: number;
  on_expiry: "release" | "capture";
  purpose?: string | undefined;
  project_id?: string | undefined;
};

/**
 * Sets credits aside for work that is not the gateway's. `id` is the operation's, so that carrying it on finds what it did
 * before. 402 without enough credits, or beyond a budget.
 */
export async function reserve(
  gateway: Pick<Gateway, "deps" | "registry" | "policies">,
  actor: Actor,
  id: HoldId,
  asked: Reserve,
): Promise<ReservationRow> {
  const { deps } = gateway;
  const { orgId } = actor;
  const now = deps.clock.now();
  const { micros, priced } = boundOf(await catalogueFor(gateway, actor), asked, now);
  const expiresAt = addMs(now, asked.deadline_s * 1_000);
  const bounds = await budgetsOf(gateway, actor);
  const made = withTx(deps.db, orgId, async (tx): Promise<ReservationRow | Problem> => {
    const row = newReservation(
      actor,
      { ...asked, id },
      {
        model: priced?.model ?? null,
        price_version: priced?.version ?? null,
        amount_micros: micros,
        on_expiry: asked.on_expiry,
        expires_at: expiresAt,
        created_at: now,
      },
    );
    const refused = await holdWithin(tx, actor, row, bounds);
    if (refused) return refused;
    const written = await findReservation(tx, orgId, id);
    assert(written, "the reservation is written");
    tx.afterCommit(() => deps.hub.publish("credits.changed", orgId));
    return written;
  });
  return unlessRefused(made);
}
