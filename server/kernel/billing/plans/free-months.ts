import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { grant, grantAnnouncement } from "../../ledger/index.ts";
import { listOrganizations } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findLive } from "../subscriptions/store.ts";
import { accessOf } from "../subscriptions/subscription.ts";
import { addMonths, monthsSince } from "./calendar.ts";
import { insertFreeMonths, listFreeDue, listUncounted, lockFreeMonths, updateFreeMonths } from "./store.ts";

const PAGE = 500;
/** An id may be committed later than one that was made after it. */
const LATE_MS = 10 * 60_000;

/**
 * Begins to count the months of organizations as they appear, whoever made them: the first run reads all, later ones what
 * is new. Returns how many were new.
 */
export function createFreeMonths(deps: BillingDeps): { begin(): Promise<number>; give(): Promise<boolean> } {
  let after: string | null = null;
  return {
    async begin() {
      const { clock, db, stripe } = deps;
      let found = 0;
      for (let from = after; ;) {
        const page = await withOperatorTx(db, (tx) => listOrganizations(tx, from, PAGE));
        const ids = page.map(({ id }) => id);
        const missing = new Set(await withOperatorTx(db, (tx) => listUncounted(tx, stripe.mode, ids)));
        for (const { id, createdAt } of page)
          if (missing.has(id)) await withTx(db, id, (tx) => insertFreeMonths(tx, id, stripe.mode, createdAt));
        found += missing.size;
        for (const { id, createdAt } of page)
          if (clock.now().getTime() - createdAt.getTime() > LATE_MS) after = id;
        from = page.at(-1)?.id ?? null;
        if (page.length < PAGE) return found;
      }
    },
    async give() {
      const due = await withOperatorTx(deps.db, (tx) =>
        listFreeDue(tx, deps.stripe.mode, deps.clock.now(), PAGE),
      );
      for (const { org_id } of due) await giveMonth(deps, org_id);
      return due.length === PAGE;
    },
  };
}

/**
 * Gives the month that has begun, once, to an organization that pays for nothing; months that nobody counted in time are not
 * made up for. Its credits end with it.
 */
function giveMonth({ announce, clock, db, plans, stripe, hub }: BillingDeps, org: OrgId): Promise<void> {
  return withTx(db, org, async (tx) => {
    const now = clock.now();
    const row = await lockFreeMonths(tx, org, stripe.mode);
    if (!row || row.due_at > now) return;
    const month = monthsSince(row.anchor_at, now);
    const endsAt = addMonths(row.anchor_at, month + 1);
    const paying = accessOf(await findLive(tx, org, stripe.mode)) !== "free";
    if (!paying && plans.free.creditsMicros > 0n) {
      const wanted = {
        mode: row.mode,
        unit: "credit",
        kind: "plan",
        amount: plans.free.creditsMicros,
        reference: `free:${row.mode}:${month}`,
        expiresAt: endsAt,
      } as const;
      const [given] = await grant(tx, org, [wanted], now);
      if (given?.granted) await announce(tx, org, [grantAnnouncement(given.grantId, wanted, now)]);
      tx.afterCommit(() => hub.publish("credits.changed", org));
    }
    await updateFreeMonths(tx, { ...row, given: month + 1, due_at: endsAt });
  });
}
