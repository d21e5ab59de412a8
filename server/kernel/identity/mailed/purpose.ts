import type { UserId } from "../../../platform/ids.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a mailed token does, and how long it lives. */
export const LIVES_MS = {
  verify: DAY_MS,
  reset_password: 60 * MINUTE_MS,
  set_password: 7 * DAY_MS,
  new_address: DAY_MS,
  undo_address: 3 * DAY_MS,
  cancel_mfa_reset: DAY_MS,
  confirm_deletion: DAY_MS,
  cancel_deletion: 30 * DAY_MS,
} as const;
export type Purpose = keyof typeof LIVES_MS;

/** Whose the token is: a person's, or that of a row which belongs to none yet. */
export type TokenOf = { purpose: Purpose; userId: UserId | null; subjectId: string | null };
