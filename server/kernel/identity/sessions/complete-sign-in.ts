import type { Tx } from "../../../platform/db/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { openSession, type Origin } from "./open-session.ts";
import type { OpenedSession, Proven } from "./session.ts";

/** What a proof leads to. */
export type SignedIn = { kind: "session"; opened: OpenedSession };

/**
 * The one way in: whatever was proven (password, link, another company's word, passkey, a code) ends here. Throws 403 for a
 * disabled account and for somebody without an organization.
 */
export async function completeSignIn(
  tx: Tx,
  deps: IdentityDeps,
  proven: Proven,
  origin: Origin,
): Promise<SignedIn> {
  return { kind: "session", opened: await openSession(tx, deps, proven, origin) };
}
