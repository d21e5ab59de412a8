import { ownersOf } from "../../../kernel/tenancy/index.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { startOf } from "./bound.ts";
import { BUDGET_MAIL } from "./mails.ts";
import { deleteOldWindows, listToWarn, lockToWarn, noteWarned } from "./warn-store.ts";

const BATCH = 100;
const KEPT_MS = 62 * 86_400_000;

/** Tells of budgets that have reached one of their percentages, once each. True when there may be more. */
export async function warnBudgets({ deps }: Gateway, signal: AbortSignal): Promise<boolean> {
  const { db, clock, hub, mail } = deps;
  const since = startOf("month", clock.now());
  const due = await withOperatorTx(db, (tx) => listToWarn(tx, since, BATCH));
  for (const { org_id: org, ...key } of due) {
    if (signal.aborted) return false;
    await withTx(db, org, async (tx) => {
      const row = await lockToWarn(tx, org, key);
      if (!row) return;
      await noteWarned(tx, org, key, row.percent);
      const ref = {
        subject_id: key.subject_id,
        period: key.period,
        mode: key.mode,
        starts_at: key.starts_at.toISOString(),
        percent: String(row.percent),
      };
      for (const { email } of await ownersOf(tx, org))
        await mail.send(tx, { kind: BUDGET_MAIL, to: email, orgId: org, ref });
      tx.afterCommit(() =>
        hub.publish(
          "budget.warned",
          org,
          {
            subject: { type: row.subject_type, id: key.subject_id },
            period: key.period,
            percent: row.percent,
            spent_micros: Number(row.spent_micros),
            budget_micros: Number(row.limit_micros),
          },
          `${key.subject_id} ${key.period}`,
        ),
      );
    });
  }
  return due.length === BATCH;
}

/** Forgets windows that ended two months ago. */
export async function forgetWindows({ deps }: Gateway): Promise<boolean> {
  const before = new Date(deps.clock.now().getTime() - KEPT_MS);
  return deleteOldWindows(deps.db, before);
}
