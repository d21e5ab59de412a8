import type { Tx } from "../../../platform/db/index.ts";
import { grantAnnouncement } from "../announce.ts";
import { grant } from "../grants/grant.ts";
import { take } from "../grants/take.ts";
import type { Adjustment } from "./adjustment.ts";
import type { AdjustDeps } from "./deps.ts";

/** Moves what was decided: a grant, or what is taken back. Once per adjustment. */
export async function postAdjustment(
  tx: Tx,
  { hub, announce }: Pick<AdjustDeps, "hub" | "announce">,
  { orgId, id, mode, type, unit, amount, expiresAt }: Adjustment,
  now: Date,
): Promise<void> {
  if (amount < 0n) await take(tx, orgId, { mode, unit, amount: -amount, reference: `${id}:taken` }, now);
  else {
    const kind = type === "grant" ? "gift" : "adjustment";
    const wanted = { mode, unit, kind, amount, expiresAt, reference: `${id}:credits` } as const;
    const [given] = await grant(tx, orgId, [wanted], now);
    if (given?.granted) await announce(tx, orgId, [grantAnnouncement(given.grantId, wanted, now)]);
  }
  tx.afterCommit(() => hub.publish("credits.changed", orgId));
}
