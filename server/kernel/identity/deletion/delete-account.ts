import { addMs } from "../../../platform/clock.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Purpose } from "../mailed/purpose.ts";
import { findToken, spendToken } from "../mailed/token.ts";
import { profileTag } from "../people/profile-store.ts";
import { findUserById, lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { type Deletion, insertDeletion, lockDeletion, updateDeletion } from "./store.ts";

export const CONFIRM_DELETION_MAIL = "identity.confirm_deletion";
export const DELETION_SCHEDULED_MAIL = "identity.deletion_scheduled";

const WAITS_MS = 30 * 86_400_000;

/** What follows from it, in words; the mailed page repeats them. */
export const CONSEQUENCES = [
  "You are signed out everywhere, and your API keys end for good.",
  "For 30 days you can still change your mind, by the link in the mail or by signing in, which opens nothing else.",
  "After that your name, address, devices and ways to sign in are erased for good.",
  "Organizations without anybody else go too, with the credits that are left in them.",
] as const;

/** A person asks to be forgotten. Nothing happens before they confirm it by mail. 409 where others would lose their only owner. */
export async function requestDeletion(deps: IdentityDeps, userId: UserId): Promise<Deletion> {
  const { db, clock, mail, organizations } = deps;
  return withSystemTx(db, async (tx) => {
    const now = clock.now();
    const user = await lockUser(tx, userId);
    if (!user) throw new Problem(common.unauthenticated);
    const alone = await organizations.ownedAlone(tx, userId);
    if (alone.length > 0) throw new Problem(identityProblems.sole_owner, { detail: alone.join(", ") });
    const id = newId("del");
    if (!(await insertDeletion(tx, id, userId, now))) throw new Problem(identityProblems.already_requested);
    await mail.send(tx, { kind: CONFIRM_DELETION_MAIL, to: user.email, ref: { request_id: id } });
    await note(tx, deps, "deletion.requested", userId, id);
    deps.cache.invalidate(tx, [profileTag(userId)]);
    return { id, userId, state: "pending", createdAt: now, executeAt: null };
  });
}

/** By the mailed token: sessions and keys end now, and in 30 days the person is erased. */
export function confirmDeletion(deps: IdentityDeps, token: string): Promise<Deletion> {
  const { clock, mail, organizations } = deps;
  return byToken(deps, token, "confirm_deletion", async (tx, request) => {
    if (request.state !== "pending") throw new Problem(identityProblems.token_spent);
    const alone = await organizations.ownedAlone(tx, request.userId);
    if (alone.length > 0) throw new Problem(identityProblems.sole_owner, { detail: alone.join(", ") });
    const executeAt = addMs(clock.now(), WAITS_MS);
    await updateDeletion(tx, request, { state: "scheduled", executeAt, endedAt: null });
    await endSessions(tx, deps, request.userId, { reason: "user_action" });
    await deps.departures.revokeKeys(tx, request.userId, { actorId: request.userId, whole: true });
    const user = await findUserById(tx, request.userId);
    if (user)
      await mail.send(tx, { kind: DELETION_SCHEDULED_MAIL, to: user.email, ref: { request_id: request.id } });
    await note(tx, deps, "deletion.scheduled", request.userId, request.id);
    await deps.personChanged(tx, request.userId);
    return { ...request, state: "scheduled", executeAt };
  });
}

/** By the mailed token, until it is carried out: the person may sign in again. */
export const cancelDeletionByToken = (deps: IdentityDeps, token: string): Promise<Deletion> =>
  byToken(deps, token, "cancel_deletion", (tx, request) => cancel(tx, deps, request));

/** By the person themselves, until it is carried out. 404 for another's. */
export function cancelOwnDeletion(deps: IdentityDeps, userId: UserId, id: string): Promise<Deletion> {
  return withSystemTx(deps.db, async (tx) => {
    const request = await lockDeletion(tx, id);
    if (request?.userId !== userId) throw new Problem(common.not_found);
    return cancel(tx, deps, request);
  });
}

async function cancel(tx: Tx, deps: IdentityDeps, request: Deletion): Promise<Deletion> {
  if (request.state !== "pending" && request.state !== "scheduled")
    throw new Problem(identityProblems.too_late);
  await updateDeletion(tx, request, { state: "cancelled", executeAt: null, endedAt: deps.clock.now() });
  await note(tx, deps, "deletion.cancelled", request.userId, request.id);
  await deps.personChanged(tx, request.userId);
  return { ...request, state: "cancelled" };
}

function byToken(
  deps: IdentityDeps,
  token: string,
  purpose: Purpose,
  act: (tx: Tx, request: Deletion) => Promise<Deletion>,
): Promise<Deletion> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const live = await findToken(tx, token, [purpose], now);
    if (!live || !(await spendToken(tx, live, now))) throw new Problem(identityProblems.token_spent);
    const request = await lockDeletion(tx, live.subjectId ?? "");
    if (!request) throw new Problem(identityProblems.token_spent);
    return act(tx, request);
  });
}

export const note = (
  tx: Tx,
  { clock }: Pick<IdentityDeps, "clock">,
  action: string,
  userId: UserId,
  targetId: string,
  actorId: string = userId,
): Promise<void> => audit(tx, clock.now(), { orgId: INSTALLATION, actorId, action, targetId });
