import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { maskIp } from "../../../platform/http/index.ts";
import { deviceOf } from "./device.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { audit } from "../audit/index.ts";
import { lockUser } from "../people/store.ts";
import { tellEnded } from "./end-sessions.ts";
import { endsAt, idleSince, MAX_SESSIONS, type OpenedSession, type Proven, type Session } from "./session.ts";
import { endSurplus, insertSession, lastOrganization, listFactors, noteDevice } from "./store.ts";

/** Where a sign-in comes from. */
export type Origin = { ip: string; userAgent: string | undefined };

/** Opens a session for a person whose proof was checked, in the organization last used; the oldest beyond five ends. */
export async function openSession(
  tx: Tx,
  deps: IdentityDeps,
  { userId, amr }: Proven,
  origin: Origin,
): Promise<OpenedSession> {
  const { clock, config, organizations } = deps;
  const now = clock.now();
  const user = await lockUser(tx, userId);
  if (!user || user.disabledAt) throw new Problem(identityProblems.account_disabled);
  const orgId = await organizations.chooseOrganization(tx, userId, await lastOrganization(tx, userId));
  if (!orgId) throw new Problem(identityProblems.no_organization);
  const ended = await endSurplus(tx, userId, MAX_SESSIONS - 1, idleSince(config, now), now);
  const { email, fullName, operator } = user;
  const session: Session = {
    id: newId("ses"),
    user: { id: userId, email, fullName, operator },
    orgId,
    csrfToken: newToken(),
    provenAt: now,
    factors: await listFactors(tx, userId),
    lastSeenAt: now,
    expiresAt: endsAt(config, now),
    secretEndsAt: null,
    rotateDue: false,
  };
  const secret = newToken();
  const device = deviceOf(origin.userAgent);
  const newDevice = await noteDevice(tx, userId, device, now);
  await insertSession(tx, session, {
    tokenHash: hashToken(secret),
    amr,
    device,
    ipMasked: maskIp(origin.ip),
    now,
  });
  await audit(tx, now, {
    orgId,
    actorId: userId,
    action: "session.opened",
    targetId: session.id,
    detail: { amr: [...amr], new_device: newDevice },
  });
  await tellEnded(tx, deps, ended, userId);
  return { session, secret };
}
