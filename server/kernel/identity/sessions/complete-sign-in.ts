import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { isOneFactor, type MfaChallenge, openChallenge } from "../mfa/challenge.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { mintRefreshToken, tokenSetOf, type TokenSet } from "../tokens/token-set.ts";
import { beginSession, openSession, type Origin } from "./open-session.ts";
import type { Factor, OpenedSession, Proven, SignInMode } from "./session.ts";
import { listFactors } from "./store.ts";

/** What a proof leads to. */
export type SignedIn =
  | { kind: "session"; opened: OpenedSession }
  | { kind: "tokens"; tokens: TokenSet }
  | { kind: "mfa"; challenge: MfaChallenge };

/**
 * The one way in: whatever was proven (password, link, another company's word, passkey, a code) ends here. Throws 403 for a
 * disabled account and for somebody without an organization. One factor of a person who has a second opens nothing yet: it
 * leads to a challenge, whose answer comes back here.
 */
export async function completeSignIn(
  tx: Tx,
  deps: IdentityDeps,
  proven: Proven,
  origin: Origin,
  mode: SignInMode = "cookie",
): Promise<SignedIn> {
  const factors = isOneFactor(proven.amr) ? await factorsOf(tx, proven.userId) : [];
  if (factors.length > 0)
    return { kind: "mfa", challenge: await openChallenge(tx, deps, proven, mode, factors) };
  if (mode === "token") {
    const session = await beginSession(tx, deps, proven, origin, { kind: "token" });
    const refreshToken = await mintRefreshToken(tx, session.id, 1, deps.clock.now());
    return { kind: "tokens", tokens: await tokenSetOf(deps, session, refreshToken) };
  }
  return { kind: "session", opened: await openSession(tx, deps, proven, origin) };
}

/** The person's second factors; nobody disabled is asked for one. */
async function factorsOf(tx: Tx, userId: UserId): Promise<Factor[]> {
  const user = await lockUser(tx, userId);
  if (!user || user.disabledAt) throw new Problem(identityProblems.account_disabled);
  return listFactors(tx, userId);
}
