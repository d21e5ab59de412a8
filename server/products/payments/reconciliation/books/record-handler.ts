import { cashReference, feeReference } from "../../../../kernel/billing/index.ts";
import { post, type Posting } from "../../../../kernel/ledger/index.ts";
import type { Handler } from "../../../../kernel/webhooks/index.ts";
import { INSTALLATION } from "../../../../platform/ids.ts";
import { RECORDED, type ProviderBooks, type ProviderRecord } from "./provider-books.ts";

type Books = Pick<ProviderBooks, "source" | "accountId" | "mode" | "unwrap">;

/**
 * Posts lines that concern an account alone, in the operator's own book: what the company charges to `fees`, what left for
 * the bank to `payouts`, anything else to `suspense`, where an operator has to say what it is.
 */
export const recordHandler = (books: Books): Handler<ProviderRecord> => ({
  source: books.source,
  types: new Set([RECORDED]),
  prepare: (events) =>
    Promise.resolve(
      events.map((event) => ({ kind: "facts", orgId: INSTALLATION, facts: books.unwrap(event.body) })),
    ),
  async apply(tx, org, records, now) {
    const postings = records.map((record) => postingsOf(books, record));
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
  { source, accountId, mode }: Books,
  { id, movement, objectId, amountMinor, feeMinor, currency: unit, isFee, isPayout = false }: ProviderRecord,
): Posting[] {
  const booked = { source, accountId, movement, objectId, transactionId: id };
  const move = (kind: string, reference: string, amount: bigint, other: string): Posting[] =>
    amount === 0n
      ? []
      : [
          {
            mode,
            kind,
            reference,
            entries: [
              { account: `clearing:${accountId}`, unit, amount },
              { account: other, unit, amount: -amount },
            ],
          },
        ];
  const [kind, other] = isFee
    ? ["account.fee", "fees"]
    : isPayout
      ? ["payout.sent", "payouts"]
      : ["account.adjusted", "suspense"];
  return [
    ...move(kind, cashReference(booked), amountMinor, other),
    ...move("account.fee", feeReference(booked), -feeMinor, "fees"),
  ];
}
