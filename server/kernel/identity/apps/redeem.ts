import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import type { Origin } from "../sessions/open-session.ts";
import type { Session } from "../sessions/session.ts";
import { tokenSetOf, type TokenSet } from "../tokens/token-set.ts";
import { matchesChallenge } from "./client.ts";
import { findClient } from "./client-store.ts";
import { type Code, lockCode, spendCode } from "./code-store.ts";
import { openGrant } from "./consent.ts";
import { oauthProblems } from "./problems.ts";

export type Redemption = { clientId: string; code: string; redirectUri: string; verifier: string };
type Granted = { session: Session; refreshToken: string };

/**
 * Exchanges a code for tokens. It is spent by whatever try shows it; a second one means that it was stolen, by whoever of the
 * two, so what the first one got is ended. `invalid_grant` for anything that does not fit.
 */
export async function redeemCode(
  deps: IdentityDeps,
  redemption: Redemption,
  origin: Origin,
): Promise<TokenSet> {
  const granted = await withSystemTx(deps.db, (tx) => redeem(tx, deps, redemption, origin));
  // Thrown out here, so that the spent code and the ended session are committed.
  if (!granted) throw new Problem(oauthProblems.invalid_grant);
  return tokenSetOf(deps, granted.session, granted.refreshToken);
}

async function redeem(
  tx: Tx,
  deps: IdentityDeps,
  redemption: Redemption,
  origin: Origin,
): Promise<Granted | null> {
  const code = await lockCode(tx, hashToken(redemption.code));
  if (!code?.consent) return null;
  if (code.spentAt) {
    await endStolen(tx, deps, code.consent.userId, code.sessionId);
    return null;
  }
  const now = deps.clock.now();
  const client = fits(code, redemption, now) ? await findClient(tx, code.clientId) : null;
  const granted = client && (await openGrant(tx, deps, client, code.consent, code.scopes, origin));
  await spendCode(tx, code.id, granted?.session.id ?? null, now);
  return granted;
}

const fits = (code: Code, { clientId, redirectUri, verifier }: Redemption, now: Date): boolean =>
  code.codeExpiresAt > now &&
  code.clientId === clientId &&
  code.redirectUri === redirectUri &&
  matchesChallenge(verifier, code.codeChallenge);

/** Ends what a code was exchanged for that now came a second time. */
export async function endStolen(
  tx: Tx,
  deps: IdentityDeps,
  userId: UserId,
  sessionId: string | null,
): Promise<void> {
  if (sessionId)
    await endSessions(tx, deps, userId, { reason: "security_event", actorId: "system", only: sessionId });
}
