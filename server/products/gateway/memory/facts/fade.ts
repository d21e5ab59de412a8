import { addMs } from "../../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Gateway } from "../../settling/state.ts";
import { deleteUnread, listUnread } from "../learn/heard-store.ts";
import { faded, IDLE_MS, isForgotten } from "./importance.ts";
import { deleteFacts, listIdle, listIdleOrganizations, weighFact } from "./store.ts";

export type Fading = {
  deps: Pick<Gateway["deps"], "db" | "clock">;
  metrics: Pick<Gateway["metrics"], "memoryFacts">;
};

const AT_ONCE = 500;
/** Whatever was not read by then is not read any more. */
const UNREAD_MS = 86_400_000;

/** Lets what nobody used for a week fade, by whole days, and forgets what no longer matters. Safe to be done twice. */
export async function fadeMemories(gateway: Fading, signal: AbortSignal): Promise<void> {
  const { db, clock } = gateway.deps;
  const before = addMs(clock.now(), -IDLE_MS);
  let after = "";
  for (;;) {
    const due = await withOperatorTx(db, (tx) => listIdleOrganizations(tx, before, after, AT_ONCE));
    for (const { org_id: org } of due) await fadeAll(gateway, org, before, signal);
    if (due.length < AT_ONCE) break;
    after = due.at(-1)?.org_id ?? after;
  }
  await forgetUnread(gateway, signal);
}

async function fadeAll(
  { deps, metrics }: Fading,
  org: OrgId,
  before: Date,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.clock.now();
  for (let after: string | null = ""; after !== null;) {
    signal.throwIfAborted();
    const from: string = after;
    const { last, dropped } = await withTx(deps.db, org, async (tx) => {
      const rows = await listIdle(tx, org, before, from, AT_ONCE);
      let gone = 0;
      for (const row of rows) {
        const { importance, fadedAt } = faded({ ...row, usedAt: row.used_at, fadedAt: row.faded_at }, now);
        if (isForgotten({ importance, usedAt: row.used_at }, now))
          gone += await deleteFacts(tx, org, row.user_id, [row.id]);
        else if (fadedAt > row.faded_at) await weighFact(tx, org, { ...row, importance, faded_at: fadedAt });
      }
      return { last: rows.length < AT_ONCE ? null : (rows.at(-1)?.id ?? null), dropped: gone };
    });
    if (dropped > 0) metrics.memoryFacts.inc({ act: "forgotten" }, dropped);
    after = last;
  }
}

/** Words that no job came to read. */
async function forgetUnread({ deps }: Fading, signal: AbortSignal): Promise<void> {
  const before = addMs(deps.clock.now(), -UNREAD_MS);
  for (;;) {
    signal.throwIfAborted();
    const due = await withOperatorTx(deps.db, (tx) => listUnread(tx, before, AT_ONCE));
    if (due.length === 0) return;
    for (const { org_id: org } of due) await withTx(deps.db, org, (tx) => deleteUnread(tx, org, before));
  }
}
