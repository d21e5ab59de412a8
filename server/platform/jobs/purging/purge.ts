import { addMs, type Clock } from "../../clock.ts";
import { withOperatorTx, withTx, type Db } from "../../db/index.ts";
import { deleteEnded, listJobOrgs } from "./purge-store.ts";

const DAY_MS = 24 * 3_600_000;
const ORGS_AT_ONCE = 100;
/** Per organization: what is kept at least, however old. */
const KEPT = [
  { states: ["completed"], days: 7, newest: 100 },
  { states: ["partial", "failed", "cancelled"], days: 30, newest: 1_000 },
] as const;

/** Forgets ended jobs by age beyond the newest of each organization; goes on after `after` and tells where it stopped. */
export async function purgeJobs(
  { db, clock }: { db: Db; clock: Clock },
  after: string,
): Promise<string | null> {
  const orgs = await withOperatorTx(db, (tx) => listJobOrgs(tx, after, ORGS_AT_ONCE));
  for (const org of orgs)
    for (const { states, days, newest } of KEPT) {
      const rule = { states, before: addMs(clock.now(), -days * DAY_MS), newest };
      while (await withTx(db, org, (tx) => deleteEnded(tx, org, rule)));
    }
  return orgs.length === ORGS_AT_ONCE ? (orgs.at(-1) ?? null) : null;
}
