/** How long a plan goes on while its payment is late. Pure. */
import { addMs } from "../../../platform/clock.ts";

export const MAX_FAILED_PAYMENTS = 3;
export const GRACE_DAYS = 14;
const DAY_MS = 86_400_000;

export const graceEnd = (pastDueSince: Date): Date => addMs(pastDueSince, GRACE_DAYS * DAY_MS);
