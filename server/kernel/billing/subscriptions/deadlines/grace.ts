/** How long a plan goes on while its payment is late. Pure. */
import { addMs } from "../../../../platform/clock.ts";

export const MAX_FAILED_PAYMENTS = 3;
export const GRACE_DAYS = 14;
/** A suspended subscription is given up this long after. */
export const SUSPENDED_DAYS = 30;
const DAY_MS = 86_400_000;
export const SUSPENDED_MS = SUSPENDED_DAYS * DAY_MS;

export const graceEnd = (pastDueSince: Date): Date => addMs(pastDueSince, GRACE_DAYS * DAY_MS);
export const suspensionEnd = (suspendedAt: Date): Date => addMs(suspendedAt, SUSPENDED_MS);

/** Grace ends at the third failure or after 14 days, whichever is earlier. */
export const isGraceOver = (pastDueSince: Date, failedPayments: number, now: Date): boolean =>
  failedPayments >= MAX_FAILED_PAYMENTS || now >= graceEnd(pastDueSince);
