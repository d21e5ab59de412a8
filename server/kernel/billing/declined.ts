/** What was declined, as the ledger's memorandum accounts have it: `declined:{code}` against `memo`. */
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { findTransactions, post, reverse, type Mode } from "../ledger/index.ts";

/** What was to be paid, by a payment or an invoice, and why it was not. */
export type Declined = {
  id: `pay_${string}` | `inv_${string}`;
  mode: Mode;
  currency: string;
  amountMinor: bigint;
  code: string;
};

export const DECLINED = "declined:";
const MOST_LETTERS = 60;

/** Companies' codes come in any case; of what is no code only its letters count. */
export const declinedAccount = (code: string): string =>
  DECLINED +
  (code
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, MOST_LETTERS) || "unknown");

const referenceOf = ({ id }: Declined): string => `${id}:declined`;

/** Posts each once, for as long as its row exists. */
export async function noteDeclined(
  tx: Tx,
  org: OrgId,
  declined: readonly Declined[],
  now: Date,
): Promise<void> {
  await post(
    tx,
    org,
    declined
      .filter(({ amountMinor }) => amountMinor > 0n)
      .map((each) => ({
        mode: each.mode,
        kind: "payment.declined",
        reference: referenceOf(each),
        entries: [
          { account: declinedAccount(each.code), unit: each.currency, amount: each.amountMinor },
          { account: "memo", unit: each.currency, amount: -each.amountMinor },
        ],
      })),
    now,
  );
}

/** Takes back what was noted of those that are paid after all; of others nothing was. */
export async function noteRecovered(tx: Tx, org: OrgId, paid: readonly Declined[], now: Date): Promise<void> {
  const noted = await findTransactions(tx, org, paid.map(referenceOf));
  for (const each of paid) {
    const transactionId = noted.get(referenceOf(each));
    if (transactionId) await reverse(tx, org, { mode: each.mode, transactionId }, now);
  }
}
