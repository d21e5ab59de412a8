import type { Tx } from "../../../platform/db/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { mintRefreshToken, tokenSetOf, type TokenSet } from "../tokens/token-set.ts";
import { beginSession, openSession, type Origin } from "./open-session.ts";
import type { OpenedSession, Proven } from "./session.ts";

/** What a proof leads to. */
export type SignedIn = { kind: "session"; opened: OpenedSession } | { kind: "tokens"; tokens: TokenSet };

/** What carries the session: a cookie, or tokens for clients that keep none. */
export type SignInMode = "cookie" | "token";

/**
 * The one way in: whatever was proven (password, link, another company's word, passkey, a code) ends here. Throws 403 for a
 * disabled account and for somebody without an organization.
 */
export async function completeSignIn(
  tx: Tx,
  deps: IdentityDeps,
  proven: Proven,
  origin: Origin,
  mode: SignInMode = "cookie",
): Promise<SignedIn> {
  if (mode === "token") {
    const session = await beginSession(tx, deps, proven, origin, { kind: "token" });
    const refreshToken = await mintRefreshToken(tx, session.id, 1, deps.clock.now());
    return { kind: "tokens", tokens: await tokenSetOf(deps, session, refreshToken) };
  }
  return { kind: "session", opened: await openSession(tx, deps, proven, origin) };
}
