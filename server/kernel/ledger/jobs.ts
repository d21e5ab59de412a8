import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Loops } from "../../platform/jobs/index.ts";
import { expireGrants } from "./expire.ts";

const EVERY_MS = 5 * 60_000;
const AT_ONCE = 500;

/** Moves expired grants out of the wallets. Holds expire by the job of the module that owns them. */
export function ledgerJobs(loops: Loops, { db, clock }: { db: Db; clock: Clock }): void {
  loops.every("ledger_expire_grants", EVERY_MS, async () => {
    const expired = await expireGrants(db, clock.now(), AT_ONCE);
    return expired.length >= AT_ONCE;
  });
}
