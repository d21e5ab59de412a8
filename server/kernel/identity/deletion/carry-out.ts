import { addMs } from "../../../platform/clock.ts";
import { newToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { forgetPerson } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { profileTag } from "../people/profile-store.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { note } from "./delete-account.ts";
import { erasePerson, expireDeletions, listDueDeletions, lockDeletion, updateDeletion } from "./store.ts";

const CONFIRMED_WITHIN_MS = 86_400_000;
const BATCH = 20;
const ALIAS_CHARACTERS = 16;

type Deps = Pick<
  IdentityDeps,
  "cache" | "db" | "clock" | "departures" | "hub" | "organizations" | "sessionEnded"
>;

/** Erases whose 30 days are over, each in a transaction of its own, and voids what nobody confirmed. True: there may be more. */
export async function carryOutDeletions(deps: Deps): Promise<boolean> {
  const { cache, db, clock } = deps;
  const due = await withSystemTx(db, async (tx) => {
    const now = clock.now();
    const expired = await expireDeletions(tx, addMs(now, -CONFIRMED_WITHIN_MS), now);
    cache.invalidate(tx, expired.map(profileTag));
    return listDueDeletions(tx, now, BATCH);
  });
  for (const id of due) await withSystemTx(db, (tx) => carryOut(tx, deps, id));
  return due.length === BATCH;
}

async function carryOut(tx: Parameters<typeof lockDeletion>[0], deps: Deps, id: string): Promise<void> {
  const now = deps.clock.now();
  const request = await lockDeletion(tx, id);
  // Cancelled, or carried out by another process, since it was listed.
  if (request?.state !== "scheduled") return;
  const { userId } = request;
  await endSessions(tx, deps, userId, { reason: "user_action", actorId: "system" });
  await updateDeletion(tx, request, { state: "completed", executeAt: null, endedAt: now });
  // Drawn anew for each person and kept nowhere else: nothing leads back.
  const alias = newToken(ALIAS_CHARACTERS).toLowerCase();
  const organizations = await deps.organizations.organizationIds(tx, userId);
  await deps.departures.depart(tx, userId, alias);
  await erasePerson(tx, userId, alias, now);
  deps.cache.invalidate(tx, [profileTag(userId)]);
  await forgetPerson(tx, userId, organizations);
  await note(tx, deps, "person.erased", userId, userId, "system");
}
