import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { StripeFault, type Fee } from "../../../vendors/stripe/index.ts";
import { post } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { listFeesDue, lockPayments, updatePayments } from "./store.ts";

/** Fees asked for in one run; with a run each second this stays below the company's limit. */
const AT_ONCE = 20;

type Deps = Pick<BillingDeps, "db" | "clock" | "logger" | "stripe">;

/**
 * Posts the company's fees of captured payments, each under its balance transaction. Fees wait for no event and no event
 * waits for them: the payment's row is the queue. True when there are more.
 */
export async function postFees(deps: Deps, signal: AbortSignal): Promise<boolean> {
  const due = await withOperatorTx(deps.db, (tx) => listFeesDue(tx, AT_ONCE));
  for (const { org_id, id, fee_transaction_id } of due) {
    if (signal.aborted) return false;
    const fee = await ask(deps, fee_transaction_id);
    if (fee === "away") return false;
    await withTx(deps.db, org_id, async (tx) => {
      const [row] = await lockPayments(tx, org_id, [id]);
      if (!row || row.fee_minor !== null) return;
      if (fee === "unknown") {
        deps.logger.warn({ payment_id: id, fee_transaction_id }, "fee unknown to the company");
        await updatePayments(tx, org_id, [{ ...row, fee_transaction_id: null }]);
        return;
      }
      if (fee.feeMinor !== 0n) {
        const reference = `stripe:${row.account_id}:${fee.balanceTransactionId}:fee`;
        const entries = [
          { account: "fees", unit: fee.currency, amount: fee.feeMinor },
          { account: `clearing:${row.account_id}`, unit: fee.currency, amount: -fee.feeMinor },
        ];
        await post(
          tx,
          org_id,
          [{ mode: row.mode, kind: "payment.fee", reference, entries }],
          deps.clock.now(),
        );
      }
      await updatePayments(tx, org_id, [{ ...row, fee_minor: fee.feeMinor }]);
    });
  }
  return due.length === AT_ONCE;
}

/**
 * A fee that the company does not know must not hold up the others; its charge's next event names it again. Any other no
 * is about our key, not about the fee: it stays due.
 */
async function ask({ stripe }: Deps, id: string): Promise<Fee | "away" | "unknown"> {
  try {
    return await stripe.fetchFee(id);
  } catch (error) {
    if (!(error instanceof StripeFault)) throw error;
    return error.kind === "not_found" ? "unknown" : "away";
  }
}
