import { addMs } from "../../../platform/clock.ts";
import { type Db, type Tx, withTx } from "../../../platform/db/index.ts";
import type { Actor, Role } from "../../../platform/http/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findUserByAddress } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { act, manages, mayAssign } from "../members/standing.ts";
import { countMembers, findMembership } from "../members/store.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import {
  countLive,
  endInvitation,
  findInvitation,
  findPending,
  insertInvitation,
  type Invitation,
  listMadeSince,
  listPending,
  updateExpiry,
} from "./store.ts";

const LIVES_MS = 7 * 86_400_000;
const PER_HOUR = 20;
const HOUR_MS = 3_600_000;

export type Licenses = { seats: number; used: number; pending: number };

/**
 * Asks an address to join. Taken seats and pending invitations are counted behind the organization's lock, so that
 * parallel ones never pass the seats. Made before by the same operation: that one.
 */
export function invite(
  deps: TenancyDeps,
  actor: Actor,
  input: { email: string; role: Role },
  operationId: Id<"idk">,
): Promise<Invitation> {
  const { orgId } = actor;
  const now = deps.clock.now();
  const invitation: Invitation = {
    id: `ivt_${operationId.slice(4)}`,
    email: input.email.toLowerCase(),
    role: input.role,
    state: "pending",
    invitedBy: actorIdOf(actor),
    expiresAt: addMs(now, LIVES_MS),
    createdAt: now,
  };
  return withTx(deps.db, orgId, async (tx) => {
    const { acting } = await act(tx, actor);
    const earlier = await findInvitation(tx, orgId, invitation.id);
    if (earlier) return earlier;
    if (!mayAssign(acting.role, input.role)) throw new Problem(tenancyProblems.rank);
    await refuseKnown(tx, orgId, invitation.email, now);
    await refuseHaste(tx, orgId, now);
    const { seats, used, pending } = await countSeats(tx, deps, orgId, now);
    if (used + pending >= seats) throw new Problem(tenancyProblems.seat_limit);
    await insertInvitation(tx, orgId, invitation);
    await sendInvitation(tx, deps, orgId, invitation);
    await note(tx, deps, actor, "invitation.created", invitation);
    return invitation;
  });
}

/** 409 for a member's address and one that waits; one that ran out makes room. */
async function refuseKnown(tx: Tx, orgId: OrgId, email: string, now: Date): Promise<void> {
  const pending = await findPending(tx, orgId, email);
  if (pending && pending.expiresAt > now) throw new Problem(tenancyProblems.duplicate);
  if (pending) await endInvitation(tx, orgId, pending.id, "void", now);
  const user = await findUserByAddress(tx, email);
  if (user && (await findMembership(tx, orgId, user.id))) throw new Problem(tenancyProblems.duplicate);
}

/** 429 beyond 20 in any hour, whoever made them. */
async function refuseHaste(tx: Tx, orgId: OrgId, now: Date): Promise<void> {
  const made = await listMadeSince(tx, orgId, addMs(now, -HOUR_MS), PER_HOUR);
  const [oldest] = made;
  if (!oldest || made.length < PER_HOUR) return;
  const retryAfter = Math.ceil((oldest.getTime() + HOUR_MS - now.getTime()) / 1000);
  throw new Problem(common.rate_limited, { retryAfter });
}

async function countSeats(
  tx: Tx,
  deps: Pick<TenancyDeps, "seats">,
  orgId: OrgId,
  now: Date,
): Promise<Licenses> {
  const { all: used } = await countMembers(tx, orgId);
  return { seats: await deps.seats(tx, orgId), used, pending: await countLive(tx, orgId, now) };
}

export const licenses = (deps: TenancyDeps, orgId: OrgId): Promise<Licenses> =>
  withTx(deps.db, orgId, (tx) => countSeats(tx, deps, orgId, deps.clock.now()));

export const pendingInvitations = (
  db: Db,
  orgId: OrgId,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Invitation[]> => withTx(db, orgId, (tx) => listPending(tx, orgId, limit, after));

/** Takes it back. 404 for one that is over, 403 for one to a rank above one's own. */
export function withdrawInvitation(deps: TenancyDeps, actor: Actor, id: string): Promise<void> {
  return withTx(deps.db, actor.orgId, async (tx) => {
    const invitation = await getReachable(tx, actor, id);
    await endInvitation(tx, actor.orgId, id, "revoked", deps.clock.now());
    await note(tx, deps, actor, "invitation.revoked", invitation);
  });
}

/** Sends one more mail, and gives it seven days again; an invitation that ran out needs its seat back for that. */
export function resendInvitation(deps: TenancyDeps, actor: Actor, id: string): Promise<Invitation> {
  const { orgId } = actor;
  const now = deps.clock.now();
  return withTx(deps.db, orgId, async (tx) => {
    const invitation = await getReachable(tx, actor, id);
    const { seats, used, pending } = await countSeats(tx, deps, orgId, now);
    if (invitation.expiresAt <= now && used + pending >= seats) throw new Problem(tenancyProblems.seat_limit);
    const expiresAt = addMs(now, LIVES_MS);
    await updateExpiry(tx, orgId, id, expiresAt);
    await sendInvitation(tx, deps, orgId, invitation);
    await note(tx, deps, actor, "invitation.resent", invitation);
    return { ...invitation, expiresAt };
  });
}

async function getReachable(tx: Tx, actor: Actor, id: string): Promise<Invitation> {
  const { acting } = await act(tx, actor);
  const invitation = await findInvitation(tx, actor.orgId, id);
  if (invitation?.state !== "pending") throw new Problem(common.not_found);
  if (!manages(acting.role, invitation.role) && !mayAssign(acting.role, invitation.role))
    throw new Problem(tenancyProblems.rank);
  return invitation;
}

async function sendInvitation(
  tx: Tx,
  { mail }: TenancyDeps,
  orgId: OrgId,
  { id, email }: Invitation,
): Promise<void> {
  await mail.send(tx, { kind: "tenancy.invitation", to: email, orgId, ref: { invitation_id: id } });
}

async function note(
  tx: Tx,
  { clock }: TenancyDeps,
  actor: Actor,
  action: string,
  { id, email, role }: Invitation,
): Promise<void> {
  await audit(tx, clock.now(), {
    orgId: actor.orgId,
    actorId: actorIdOf(actor),
    action,
    targetId: id,
    detail: { role },
    personal: { userId: null, fields: { email } },
  });
}
