import type { Tx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { beginSession, type Origin } from "../sessions/open-session.ts";
import type { Amr, Session } from "../sessions/session.ts";
import { findSessionById } from "../sessions/store.ts";
import { mintRefreshToken } from "../tokens/token-set.ts";
import type { Client } from "./client.ts";
import type { Consent } from "./code-store.ts";

/** The person's yes, with the proof that their session has; it is given in the organization that the session is in. */
export async function consentOf(tx: Tx, { credentialId, orgId }: Actor): Promise<Consent> {
  const session = await findSessionById(tx, credentialId);
  if (!session) throw new Problem(common.unauthenticated);
  return { userId: session.user.id, orgId, amr: session.amr as Amr[], provenAt: session.provenAt };
}

/** Writes down what the person decided. */
export const noteDecision = (
  tx: Tx,
  { clock }: Pick<IdentityDeps, "clock">,
  { orgId, credentialId, userId }: Actor,
  { clientId, scopes, yes }: { clientId: string; scopes: readonly string[]; yes: boolean },
): Promise<void> =>
  audit(tx, clock.now(), {
    orgId,
    actorId: userId ?? credentialId,
    action: yes ? "app.allowed" : "app.refused",
    targetId: clientId,
    detail: { scopes: [...scopes] },
  });

/** Opens the session that an app was let in to, with the first refresh token of its family. */
export async function openGrant(
  tx: Tx,
  deps: IdentityDeps,
  { id, name }: Client,
  { userId, orgId, amr, provenAt }: Consent,
  scopes: readonly string[],
  origin: Origin,
): Promise<{ session: Session; refreshToken: string }> {
  const grant = { clientId: id, clientName: name, orgId, scopes, provenAt };
  const session = await beginSession(tx, deps, { userId, amr }, origin, { kind: "app", grant });
  const refreshToken = await mintRefreshToken(tx, session.id, 1, deps.clock.now());
  return { session, refreshToken };
}
