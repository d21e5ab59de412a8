import { hashToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { Origin } from "../sessions/open-session.ts";
import { findChallenge, spendChallenge } from "./challenge-store.ts";
import { prepare, refuse, type Shown, trySecondFactor } from "./prove.ts";

const expired = () => new Problem(identityProblems.challenge_expired);

/** Finishes a sign-in by its second factor. A challenge that was not finished can be tried again until it expires. */
export async function finishSignIn(
  deps: IdentityDeps,
  challenge: string,
  shown: Shown,
  origin: Origin,
): Promise<SignedIn> {
  const { db, clock } = deps;
  const now = clock.now();
  const tokenHash = hashToken(challenge);
  const waiting = await withSystemTx(db, (tx) => findChallenge(tx, tokenHash, now));
  if (!waiting) throw expired();
  const { id, userId, amr, mode } = waiting;
  const prepared = await prepare(deps, userId, shown);
  const result = await withSystemTx(db, async (tx) => {
    // Asked again in turn: the second click on one challenge is no failure of its person.
    await lockUser(tx, userId);
    if (!(await findChallenge(tx, tokenHash, now))) throw expired();
    const verdict = await trySecondFactor(tx, deps, userId, prepared);
    if (verdict.proven === null) return verdict;
    await spendChallenge(tx, id, now);
    return completeSignIn(tx, deps, { userId, amr: [...amr, verdict.proven] }, origin, mode);
  });
  if ("proven" in result) throw refuse(result.lockedUntil, now);
  return result;
}
