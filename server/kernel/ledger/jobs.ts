import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Loops } from "../../platform/jobs/index.ts";
import type { Logger } from "../../platform/telemetry/index.ts";
import type { Mail } from "../mail/index.ts";
import type { Announce } from "./announce.ts";
import { tellExpiring } from "./grants/expiring.ts";
import { expireGrants } from "./grants/expire.ts";
import { checkBooks } from "./seals/check-books.ts";
import { sealBooks } from "./seals/seal-books.ts";

const EVERY_MS = 5 * 60_000;
const AT_ONCE = 500;

/**
 * Moves expired grants out of the wallets, and tells of those that are about to; seals the day at 00:30 UTC and checks all books at 02:00, each once, whichever
 * process comes first. Holds expire by the job of the module that owns them.
 */
export function ledgerJobs(
  loops: Loops,
  deps: { db: Db; clock: Clock; logger: Logger; mail: Pick<Mail, "send">; announce: Announce },
): void {
  const { db, clock, announce } = deps;
  loops.every("ledger_expire_grants", EVERY_MS, async () => {
    const expired = await expireGrants(db, clock.now(), AT_ONCE, announce);
    return expired.length >= AT_ONCE;
  });
  loops.every("ledger.expiring", EVERY_MS, () => tellExpiring(deps));
  loops.every("ledger.seal", EVERY_MS, async () => void (await sealBooks(deps)));
  loops.every("ledger.check", EVERY_MS, async () => void (await checkBooks(deps)));
}
