import { audit } from "../../../kernel/identity/index.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { HoldId } from "../../../platform/ids.ts";
import { assert, common, Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import { reconcileOne } from "../settling/reconcile.ts";
import type { Gateway } from "../settling/state.ts";
import { findOpenHold, hasten, readConcluded, type Concluded } from "./store.ts";

/**
 * Asks the provider's books about one call now, by the reconciler's own path. 404 for an unknown hold, 409 while the process
 * that serves it lives, or once it is settled. What the books do not tell stays for the next turn. Audited.
 */
export async function reconcileNow(gateway: Gateway, actor: Actor, id: HoldId): Promise<Concluded> {
  const { db, clock } = gateway.deps;
  const found = await withOperatorTx(db, (tx) => findOpenHold(tx, id, actor.mode));
  if (!found) throw new Problem(common.not_found);
  const { org_id: org, id: request } = found;
  const now = clock.now();
  await withTx(db, org, async (tx) => {
    const row = await readConcluded(tx, org, request);
    if (row?.state !== "open" && row?.state !== "reconciling")
      throw new Problem(gatewayProblems.hold_not_open);
    if (row.state === "open" && row.next_lookup_at && row.next_lookup_at > now)
      throw new Problem(gatewayProblems.call_running);
    await hasten(tx, org, request, now);
    await audit(tx, now, {
      orgId: org,
      actorId: actor.userId ?? actor.credentialId,
      action: "llm_hold.reconciled",
      targetId: id,
    });
  });
  await reconcileOne(gateway, org, request, now);
  const concluded = await withTx(db, org, (tx) => readConcluded(tx, org, request));
  assert(concluded, "requests stay");
  return concluded;
}
