import { hashPassword, isOurs, verifyPassword } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { SignInMode } from "../sessions/session.ts";
import type { Origin } from "../sessions/open-session.ts";
import { identityProblems } from "../problems.ts";
import { findUserByEmail, replaceHash } from "./store.ts";

/** Signs in by password. Unknown people and wrong passwords get one answer after the same work. */
export async function signIn(
  deps: IdentityDeps,
  { email, password, mode }: { email: string; password: string; mode: SignInMode },
  origin: Origin,
): Promise<SignedIn> {
  const user = await withSystemTx(deps.db, (tx) => findUserByEmail(tx, email.toLowerCase()));
  const proven = await verifyPassword(user?.passwordHash ?? null, password);
  if (!user || !proven) throw new Problem(identityProblems.invalid_credentials);
  const imported = user.passwordHash !== null && !isOurs(user.passwordHash) ? user.passwordHash : null;
  const upgraded = imported && (await hashPassword(password));
  return withSystemTx(deps.db, async (tx) => {
    if (imported && upgraded) await replaceHash(tx, user.id, imported, upgraded);
    return completeSignIn(tx, deps, { userId: user.id, amr: ["pwd"] }, origin, mode);
  });
}
