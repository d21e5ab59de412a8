import type { UserId } from "../../../platform/ids.ts";
import type { Factor } from "../sessions/session.ts";

/** How a person's account stands. `invited`: nothing to sign in with yet; `leaving`: asked to be forgotten. */
export const STATUSES = ["active", "invited", "disabled", "leaving"] as const;
export type Status = (typeof STATUSES)[number];

/** A person as operators see them. */
export type Person = {
  id: UserId;
  email: string;
  fullName: string;
  operator: boolean;
  status: Status;
  disabledReason: string | null;
  factors: readonly Factor[];
  createdAt: Date;
  /** When a session of theirs was last used; sessions are kept for 30 days. */
  lastSeenAt: Date | null;
};
