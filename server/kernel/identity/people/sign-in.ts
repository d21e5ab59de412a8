import { hashPassword, isOurs, verifyPassword } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { SignInMode } from "../sessions/session.ts";
import type { Origin } from "../sessions/open-session.ts";
import { identityProblems } from "../problems.ts";
import { findUserByEmail, replaceHash } from "./store.ts";
import { findPendingOf } from "../registration/store.ts";

/**
 * Signs in by password. Unknown people and wrong passwords get one answer after the same work. Who registered and has yet to
 * confirm the address is told so, with the right password only.
 */
export async function signIn(
  deps: IdentityDeps,
  { email, password, mode }: { email: string; password: string; mode: SignInMode },
  origin: Origin,
): Promise<SignedIn> {
  const address = email.toLowerCase();
  const [user, pending] = await withSystemTx(deps.db, async (tx) => [
    await findUserByEmail(tx, address),
    await findPendingOf(tx, address, null, deps.clock.now()),
  ]);
  const proven = await verifyPassword(user ? user.passwordHash : (pending?.passwordHash ?? null), password);
  if (!user && pending && proven) throw new Problem(identityProblems.email_unverified);
  if (!user || !proven) throw new Problem(identityProblems.invalid_credentials);
  const imported = user.passwordHash !== null && !isOurs(user.passwordHash) ? user.passwordHash : null;
  const upgraded = imported && (await hashPassword(password));
  return withSystemTx(deps.db, async (tx) => {
    if (imported && upgraded) await replaceHash(tx, user.id, imported, upgraded);
    return completeSignIn(tx, deps, { userId: user.id, amr: ["pwd"] }, origin, mode);
  });
}
