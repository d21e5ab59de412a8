/** How cash is named, once for ever: by what moved, never by invoice, intent, session or order. Pure. */

/** What a company books on an account. `account` concerns the account alone: its fees, top-ups, adjustments. */
export type Movement =
  | "captured"
  | "refunded"
  | "refund_failed"
  | "dispute"
  | "payout"
  | "payout_failed"
  | "account";

export type Booked = {
  /** The company: `stripe`. */
  source: string;
  accountId: string;
  movement: Movement;
  /** The charge, refund, dispute or payout. */
  objectId: string;
  /** The company's own line. */
  transactionId: string;
};

/** The ledger's reference of the movement. Disputes and account lines, which may move more than once, by their line. */
export function cashReference({ source, accountId, movement, objectId, transactionId }: Booked): string {
  const of = (id: string, what: string) => `${source}:${accountId}:${id}:${what}`;
  switch (movement) {
    case "captured":
      return of(objectId, "captured");
    case "refunded":
      return of(objectId, "refunded");
    case "refund_failed":
      return of(objectId, "failed");
    case "payout":
      return of(objectId, "paid_out");
    case "payout_failed":
      return of(objectId, "payout_failed");
    case "dispute":
      return of(transactionId, "dispute");
    case "account":
      return of(transactionId, "account");
  }
}

/** The ledger's reference of what the company keeps of the movement. */
export const feeReference = ({ source, accountId, transactionId }: Omit<Booked, "movement" | "objectId">) =>
  `${source}:${accountId}:${transactionId}:fee`;
