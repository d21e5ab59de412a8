import { balances } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { guessTokens, type Bound } from "../call/bound/bound.ts";
import { boundsOf, budgetOf, PERIODS, type Spender } from "../limits/bound.ts";
import { standingsOf } from "../limits/read.ts";
import type { Gateway } from "../settling/state.ts";

/** Whether credits, budgets and rates allow a call and before it its summary, so that none is paid for a call that is then refused. */
export async function canPayBoth(
  gateway: Gateway,
  actor: Spender,
  main: Bound,
  summary: Bound,
): Promise<boolean> {
  const { db, clock } = gateway.deps;
  const { orgId, mode } = actor;
  const needed = main.micros + summary.micros;
  const all = await withTx(db, orgId, (tx) => balances(tx, orgId, mode, clock.now()));
  if (needed > (all.find(({ unit }) => unit === "credit")?.available ?? 0n)) return false;
  const tokens = guessTokens(main) + guessTokens(summary);
  const standings = await standingsOf(
    gateway,
    actor,
    boundsOf(actor, await gateway.policies.of(orgId, mode)),
  );
  return standings.every(({ used, ...bound }) => {
    const spent = { day: used.dailyMicros, month: used.monthlyMicros };
    return (
      PERIODS.every(
        (period) => spent[period] + needed <= (budgetOf(bound, period) ?? spent[period] + needed),
      ) &&
      (bound.rpm === null || used.rpm + 2 <= bound.rpm) &&
      (bound.tpm === null || used.tpm + tokens <= bound.tpm) &&
      (bound.concurrency === null || used.concurrency < bound.concurrency)
    );
  });
}
