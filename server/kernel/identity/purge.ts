import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import { deleteOldCodes } from "./apps/code-store.ts";
import { deleteOldDeviceCodes } from "./apps/device-store.ts";
import type { IdentityDeps } from "./deps.ts";
import { deleteOldChallenges } from "./mfa/challenge-store.ts";
import { deleteOldCeremonies } from "./passkeys/ceremony-store.ts";
import { deleteOldFlows } from "./oauth/store.ts";
import { deleteOldResets } from "./operators/store.ts";
import { deleteOldChanges } from "./address/store.ts";
import { deleteOldTokens } from "./people/link-store.ts";
import { deleteOldPending } from "./registration/store.ts";
import { deleteOldSessions } from "./sessions/store.ts";
import { deleteOldJtis } from "./tokens/store.ts";

const DAY_MS = 86_400_000;
/** Sessions stay 30 days after their end, with its reason. */
const SESSIONS_KEPT_MS = 30 * DAY_MS;
/** As long as what a code was exchanged for may live: a second use must still be able to end it. */
const CODES_KEPT_MS = 91 * DAY_MS;
const REQUESTS_KEPT_MS = DAY_MS;
const DEVICES_KEPT_MS = DAY_MS;
const CHALLENGES_KEPT_MS = DAY_MS;
const TOKENS_KEPT_MS = 7 * DAY_MS;
/** Far longer than a change of address can be undone. */
const CHANGES_KEPT_MS = 30 * DAY_MS;
const BATCH = 1_000;

/** Deletes a batch of what is too old. True when there may be more. */
export function purge({ db, clock }: Pick<IdentityDeps, "db" | "clock">): Promise<boolean> {
  return withSystemTx(db, async (tx) => {
    const now = clock.now();
    const deleted = [
      await deleteOldSessions(tx, addMs(now, -SESSIONS_KEPT_MS), BATCH),
      await deleteOldTokens(tx, addMs(now, -TOKENS_KEPT_MS), BATCH),
      await deleteOldPending(tx, now, BATCH),
      await deleteOldChanges(tx, addMs(now, -CHANGES_KEPT_MS), BATCH),
      await deleteOldResets(tx, addMs(now, -CHANGES_KEPT_MS), BATCH),
      await deleteOldJtis(tx, now, BATCH),
      await deleteOldFlows(tx, now, BATCH),
      await deleteOldCodes(tx, addMs(now, -CODES_KEPT_MS), addMs(now, -REQUESTS_KEPT_MS), BATCH),
      await deleteOldDeviceCodes(tx, addMs(now, -DEVICES_KEPT_MS), BATCH),
      await deleteOldChallenges(tx, addMs(now, -CHALLENGES_KEPT_MS), BATCH),
      await deleteOldCeremonies(tx, now, BATCH),
    ];
    return deleted.includes(BATCH);
  });
}
