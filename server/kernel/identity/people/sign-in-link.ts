import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { insertLink, spendLink, voidLinks, voidSurplusLinks } from "./link-store.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { Origin } from "../sessions/open-session.ts";
import { identityProblems } from "../problems.ts";
import { lockUser } from "./store.ts";

const LIVES_MS = 10 * 60_000;
const MAX_LIVE = 3;

/** A link that signs its maker in, once, within 10 minutes. At most three are live; the oldest gives way. */
export async function createSignInLink(
  { db, clock, config }: IdentityDeps,
  userId: UserId,
): Promise<{ url: string; expiresAt: Date }> {
  const token = newToken();
  const now = clock.now();
  const expiresAt = addMs(now, LIVES_MS);
  await withSystemTx(db, async (tx) => {
    await lockUser(tx, userId);
    await voidSurplusLinks(tx, userId, MAX_LIVE - 1, now);
    await insertLink(tx, { id: newId("otl"), userId, tokenHash: hashToken(token), expiresAt, now });
  });
  // In the fragment, so that no server, proxy or log ever sees it; opening the page spends nothing.
  return { url: `${new URL(config.BASE_URL).origin}/sign-in#token=${token}`, expiresAt };
}

/** Spends a link and signs its person in; their other links are void. 410 when it was used, voided, or has expired. */
export function redeemSignInLink(deps: IdentityDeps, token: string, origin: Origin): Promise<SignedIn> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const userId = await spendLink(tx, hashToken(token), now);
    if (!userId) throw new Problem(identityProblems.token_spent);
    await voidLinks(tx, userId, now);
    return completeSignIn(tx, deps, { userId, amr: ["link"] }, origin);
  });
}
