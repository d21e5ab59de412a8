import { cashReference, feeReference } from "../../../kernel/billing/index.ts";
import { post, type Mode, type Posting } from "../../../kernel/ledger/index.ts";
import type { Handler, Prepared } from "../../../kernel/webhooks/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import {
  readPayoutEvent,
  StripeFault,
  type Fee,
  type StripeApi,
  type StripePayout,
} from "../../../vendors/stripe/index.ts";

const TYPES = [
  "payout.created",
  "payout.updated",
  "payout.paid",
  "payout.failed",
  "payout.canceled",
  "payout.reconciliation_completed",
] as const;

type Account = { accountId: string; mode: Mode; stripe: Pick<StripeApi, "fetchFee"> };
type Told = StripePayout & { fee: Fee | null };

/**
 * Posts what leaves for the bank, in the operator's own book: out with the first event that tells of the payout, back when it
 * failed. The payload is authenticated and its amount never changes, so any order ends in the same books. What an instant one
 * costs is asked for.
 */
export const stripePayoutHandler = (account: Account): Handler<Told> => ({
  source: "stripe",
  types: new Set<string>(TYPES),
  prepare: (events) =>
    Promise.all(
      events.map(async (event): Promise<Prepared<Told>> => {
        const payout = readPayoutEvent(event.body);
        if (!payout)
          return { kind: "dead", code: "unreadable", detail: "Not an object of the pinned API version" };
        const fee = payout.feeTransactionId && (await feeOf(account, payout.feeTransactionId));
        if (fee === "away") return { kind: "wait", code: "stripe_unavailable" };
        return { kind: "facts", orgId: INSTALLATION, facts: { ...payout, fee: fee || null } };
      }),
    ),
  async apply(tx, org, payouts, now) {
    const postings = payouts.map((payout) => postingsOf(account, payout));
    const posted = (await post(tx, org, postings.flat(), now)).values();
    return postings.map((mine) =>
      mine.flatMap(() => {
        const { value } = posted.next();
        return value?.posted ? [{ kind: "transaction", id: value.transactionId }] : [];
      }),
    );
  },
});

async function feeOf({ stripe }: Account, transactionId: string): Promise<Fee | "away"> {
  try {
    return await stripe.fetchFee(transactionId);
  } catch (error) {
    if (error instanceof StripeFault && error.kind === "unavailable") return "away";
    throw error;
  }
}

function postingsOf(
  { accountId, mode }: Account,
  { id, amountMinor, currency: unit, hasFailed, fee }: Told,
): Posting[] {
  const move = (kind: string, movement: "payout" | "payout_failed", amount: bigint): Posting => ({
    mode,
    kind,
    reference: cashReference({ source: "stripe", accountId, movement, objectId: id, transactionId: id }),
    entries: [
      { account: `clearing:${accountId}`, unit, amount },
      { account: "payouts", unit, amount: -amount },
    ],
  });
  const moves = [move("payout.sent", "payout", -amountMinor)];
  if (hasFailed) moves.push(move("payout.failed", "payout_failed", amountMinor));
  if (fee && fee.feeMinor !== 0n) {
    const transactionId = fee.balanceTransactionId;
    moves.push({
      mode,
      kind: "payout.fee",
      reference: feeReference({ source: "stripe", accountId, transactionId }),
      entries: [
        { account: "fees", unit: fee.currency, amount: fee.feeMinor },
        { account: `clearing:${accountId}`, unit: fee.currency, amount: -fee.feeMinor },
      ],
    });
  }
  return moves;
}
