import { cashReference } from "../../../kernel/billing/index.ts";
import { post, type Mode, type Posting } from "../../../kernel/ledger/index.ts";
import type { Handler } from "../../../kernel/webhooks/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { readPayoutEvent, type StripePayout } from "../../../vendors/stripe/index.ts";

const TYPES = [
  "payout.created",
  "payout.updated",
  "payout.paid",
  "payout.failed",
  "payout.canceled",
  "payout.reconciliation_completed",
] as const;

type Account = { accountId: string; mode: Mode };

/**
 * Posts what leaves for the bank, in the operator's own book: out with the first event that tells of the payout, back when it
 * failed. The payload is authenticated and its amount never changes, so any order ends in the same books.
 */
export const stripePayoutHandler = (account: Account): Handler<StripePayout> => ({
  source: "stripe",
  types: new Set<string>(TYPES),
  prepare: (events) =>
    Promise.resolve(
      events.map((event) => {
        const payout = readPayoutEvent(event.body);
        return payout
          ? { kind: "facts", orgId: INSTALLATION, facts: payout }
          : { kind: "dead", code: "unreadable", detail: "Not an object of the pinned API version" };
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

function postingsOf(
  { accountId, mode }: Account,
  { id, amountMinor, currency: unit, hasFailed }: StripePayout,
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
  const out = move("payout.sent", "payout", -amountMinor);
  return hasFailed ? [out, move("payout.failed", "payout_failed", amountMinor)] : [out];
}
