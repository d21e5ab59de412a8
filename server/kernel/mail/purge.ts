import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import { deleteProven } from "./address-store.ts";
import type { MailDeps } from "./deps.ts";
import { deleteEnded } from "./store.ts";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
/** Companies resend an event for three days at most. */
const PROVEN_DAYS = 7;
/** Rows of one transaction, and transactions of one run. */
const CHUNK = 1_000;
const MAX_CHUNKS = 100;

/** Forgets mails and addresses that nobody will ask for. */
export async function purgeMails({ db, clock }: Pick<MailDeps, "db" | "clock">): Promise<void> {
  const before = (days: number) => addMs(clock.now(), -days * DAY_MS);
  for (let i = 0; i < MAX_CHUNKS; i += 1) {
    const gone = await withSystemTx(db, (tx) => deleteEnded(tx, before(KEPT_DAYS), CHUNK));
    if (gone < CHUNK) break;
  }
  await withSystemTx(db, (tx) => deleteProven(tx, before(PROVEN_DAYS), CHUNK));
}
