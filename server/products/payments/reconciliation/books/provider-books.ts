/** A company's own books, whichever company keeps them. Types only. */
import type { Movement } from "../../../../kernel/billing/index.ts";
import type { Envelope } from "../../../../kernel/webhooks/index.ts";

/** One line of a company's books. Amounts are signed minor units: positive into the account. */
export type ProviderRecord = {
  /** The company's id of the line. */
  id: string;
  movement: Movement;
  /** The charge, refund, dispute or payout that it books; the line itself where there is none. */
  objectId: string;
  amountMinor: bigint;
  /** What the company keeps of it; `net` is the amount less this. */
  feeMinor: bigint;
  netMinor: bigint;
  currency: string;
  occurredAt: Date;
  /** What the account pays for, in the company's word; tells fees from the rest. */
  isFee: boolean;
  /** Left for the bank. */
  isPayout?: boolean;
  /** How the ledger names it, where that is not the line's id. */
  line?: string;
  /** As the company lists it. */
  record: object;
};

export type ProviderAccount = {
  /** The company, as its webhooks' URL names it. */
  readonly source: string;
  readonly accountId: string;
  readonly mode: "test" | "live";
};

/** An account whose books can be read. Every function may throw: a company that is away is asked again later. */
export type ProviderBooks = ProviderAccount & {
  /** How long ours may lag behind: a break younger than this is `late`. Milliseconds. */
  readonly lateMs: number;
  /** How long the company may take to list what it booked. Milliseconds; 0: at once. */
  readonly listedAfterMs: number;
  /** What was booked in [from, to), a page at a time; `after` is the `next` of the page before. */
  list(
    range: { from: Date; to: Date; after: string | null },
    signal: AbortSignal,
  ): Promise<{ records: ProviderRecord[]; next: string | null }>;
  /** All that was booked for one object. */
  find(objectId: string): Promise<ProviderRecord[]>;
  /** The line as an event, for what no event tells. */
  wrap(record: ProviderRecord): { envelope: Envelope; body: Buffer };
  /** The way back. */
  unwrap(body: Buffer): ProviderRecord;
};

/** The type of a line that entered the inbox from the books. */
export const RECORDED = "balance_transaction.recorded";
