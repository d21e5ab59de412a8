import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { findUsers } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { type DueKey, listDueKeys, markWarned } from "./expiry-store.ts";

const DAY_MS = 86_400_000;
/** Days before its end on which a key's maker is told; the last mail says that it has ended. */
const WARN_DAYS = [14, 3, 0] as const;
const AT_ONCE = 500;
const MAX_ROUNDS = 200;

type Deps = Pick<TenancyDeps, "db" | "clock" | "mail">;

/** The least of the days that have come: what is told now, whatever was missed before. */
export function warningDue(expiresAt: Date, now: Date): (typeof WARN_DAYS)[number] | null {
  const left = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  return WARN_DAYS.findLast((days) => left <= days) ?? null;
}

/** Tells makers of keys that end in 14 days, in 3, or have ended; each once. */
export async function warnOfExpiry(deps: Deps): Promise<void> {
  const now = deps.clock.now();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const due = await withOperatorTx(deps.db, (tx) =>
      listDueKeys(
        tx,
        { now, before: addMs(now, WARN_DAYS[0] * DAY_MS), since: addMs(now, -DAY_MS * 2) },
        AT_ONCE,
      ),
    );
    for (const key of due) await warn(deps, key, now);
    if (due.length < AT_ONCE) return;
  }
}

async function warn(deps: Deps, { orgId, id, createdBy, expiresAt }: DueKey, now: Date): Promise<void> {
  const days = warningDue(expiresAt, now);
  if (days === null) return;
  await withTx(deps.db, orgId, async (tx) => {
    if (!(await markWarned(tx, orgId, id, days))) return;
    const [maker] = await findUsers(tx, [createdBy]);
    if (!maker) return;
    const ref = { key_id: id, days: String(days) };
    await deps.mail.send(tx, { kind: "tenancy.key_expiring", to: maker.email, orgId, ref });
  });
}
