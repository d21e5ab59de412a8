import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import type { Mode } from "./book/entry.ts";
import { available, type Book } from "./book/book.ts";
import type { NewGrant } from "./grants/grant.ts";

/** Something that happened to one object, for those outside who asked to be told. */
export type Announcement = {
  mode: Mode;
  /** `payment.succeeded`, `credits.granted` …: a type that the relay lists. */
  type: string;
  /** Its versions grow with each announcement. */
  objectId: string;
  /** The object as the API shows it: JSON, amounts as numbers. Asked for only when somebody is told. */
  object(): Record<string, unknown>;
};

/**
 * Tells of changes in their own transaction, as its last step: with its commit the messages are there, without it they never
 * were. `app.ts` hands it in.
 */
export type Announce = (tx: Tx, org: OrgId, events: readonly Announcement[]) => Promise<void>;

/** `credits.granted`, of a grant that is new. */
export const grantAnnouncement = (grantId: string, grant: NewGrant, now: Date): Announcement => ({
  type: "credits.granted",
  mode: grant.mode,
  objectId: grantId,
  object: () => ({
    id: grantId,
    unit: grant.unit,
    source: grant.kind,
    amount: Number(grant.amount),
    reference: grant.reference,
    expires_at: grant.expiresAt?.toISOString() ?? null,
    created_at: now.toISOString(),
  }),
});

/** `credits.expired`, of the part of a grant that nobody spent. */
export const expiryAnnouncement = (
  { mode, unit, grantId, amount }: { mode: Mode; unit: string; grantId: string; amount: bigint },
  now: Date,
): Announcement => ({
  type: "credits.expired",
  mode,
  objectId: grantId,
  object: () => ({ id: grantId, unit, expired: Number(amount), expired_at: now.toISOString() }),
});

/** `credits.low`, of a book that runs low; of credits alone. */
export const lowAnnouncement = (book: Book, isLow: boolean): Announcement[] =>
  isLow && book.unit === "credit"
    ? [
        {
          type: "credits.low",
          mode: book.mode,
          objectId: `wallet:${book.mode}:${book.unit}`,
          object: () => ({
            unit: book.unit,
            available: Number(available(book)),
            as_of: book.now.toISOString(),
          }),
        },
      ]
    : [];
