import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { maskIp } from "../../../platform/http/index.ts";
import { deviceOf } from "./device.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { audit } from "../audit/index.ts";
import { NEW_DEVICE_MAIL } from "../people/credential-mails.ts";
import { lockUser } from "../people/store.ts";
import { tellEnded } from "./end-sessions.ts";
import { type OpenedSession, type Proven, ruleOf, type Session, type SessionKind } from "./session.ts";
import { endSurplus, insertSession, lastOrganization, listFactors, noteDevice } from "./store.ts";

/** Where a sign-in comes from. */
export type Origin = { ip: string; userAgent: string | undefined };

/** What an app was let in to: where, what it may do there, and how recently the person had proved who they are. */
export type Grant = {
  clientId: string;
  clientName: string;
  orgId: OrgId;
  scopes: readonly string[];
  provenAt: Date;
};

/** Opens a session for a person whose proof was checked, in the organization last used; the oldest beyond five ends. */
export async function openSession(
  tx: Tx,
  deps: IdentityDeps,
  proven: Proven,
  origin: Origin,
): Promise<OpenedSession> {
  const secret = newToken();
  const session = await beginSession(tx, deps, proven, origin, { kind: "browser", secret });
  return { session, secret };
}

type Holder = { kind: SessionKind; secret?: string; grant?: Grant };

/** Begins a session of any kind. Throws 403 for a disabled person, one without an organization, or no member of the grant's. */
export async function beginSession(
  tx: Tx,
  deps: IdentityDeps,
  { userId, amr }: Proven,
  origin: Origin,
  { kind, secret, grant }: Holder,
): Promise<Session> {
  const { clock, config, organizations } = deps;
  const now = clock.now();
  const user = await lockUser(tx, userId);
  if (!user || user.disabledAt) throw new Problem(identityProblems.account_disabled);
  // Whoever is about to be erased is let in to say no, by themselves and not through an app.
  if (user.eraseAt && grant) throw new Problem(common.deletion_scheduled);
  const wanted = grant?.orgId ?? (await lastOrganization(tx, userId));
  const orgId = await organizations.chooseOrganization(tx, userId, wanted, amr);
  if (!orgId || (grant && orgId !== grant.orgId)) throw new Problem(identityProblems.no_organization);
  const rule = ruleOf(kind, config);
  const ended = await endSurplus(tx, userId, rule, now);
  const { email, fullName, operator } = user;
  const session: Session = {
    id: newId("ses"),
    kind,
    user: { id: userId, email, fullName, operator },
    orgId,
    csrfToken: newToken(),
    provenAt: grant?.provenAt ?? now,
    factors: await listFactors(tx, userId),
    lastSeenAt: now,
    expiresAt: addMs(now, rule.lastsMs),
    secretEndsAt: null,
    rotateDue: false,
    amr,
    clientId: grant?.clientId ?? null,
    scopes: grant?.scopes ?? null,
    viewer: null,
    leaving: user.eraseAt !== null,
  };
  const device = grant?.clientName ?? deviceOf(origin.userAgent);
  const newDevice = await noteDevice(tx, userId, device, now);
  await insertSession(tx, session, {
    tokenHash: secret === undefined ? null : hashToken(secret),
    device,
    ipMasked: maskIp(origin.ip),
    now,
  });
  await audit(tx, now, {
    orgId,
    actorId: userId,
    action: "session.opened",
    targetId: session.id,
    detail: { amr: [...amr], kind, new_device: newDevice, ...(grant ? { client: grant.clientId } : {}) },
  });
  await tellEnded(tx, deps, ended, userId);
  if (newDevice)
    await deps.mail.send(tx, { kind: NEW_DEVICE_MAIL, to: email, ref: { session_id: session.id } });
  return session;
}
