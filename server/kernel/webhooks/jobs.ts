import type { Loops } from "../../platform/jobs/index.ts";
import type { Inbox } from "./inbox.ts";

/** Processing, lapsed leases, backfill. */
export function webhookJobs(_loops: Loops, _inbox: Inbox, _options: { backfillSeconds: number }): void {}
