import { hashToken, verifyPassword } from "../../platform/crypto/index.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import { Problem } from "../../platform/problem.ts";
import type { IdentityDeps } from "./deps.ts";
import { openSession, type Origin } from "./open-session.ts";
import { identityProblems } from "./problems.ts";
import type { OpenedSession } from "./session.ts";
import { endSessionByHash, findUserByEmail } from "./store.ts";

/** Signs in by password. Unknown people and wrong passwords get one answer after the same work. */
export async function signIn(
  deps: IdentityDeps,
  { email, password }: { email: string; password: string },
  origin: Origin,
): Promise<OpenedSession> {
  const user = await withSystemTx(deps.db, (tx) => findUserByEmail(tx, email.toLowerCase()));
  const proven = await verifyPassword(user?.passwordHash ?? null, password);
  if (!user || !proven) throw new Problem(identityProblems.invalid_credentials);
  return withSystemTx(deps.db, (tx) => openSession(tx, deps, user.id, origin));
}

/** Ends the session of this cookie, if there is one. */
export async function signOut(deps: IdentityDeps, secret: string | null): Promise<void> {
  if (secret === null) return;
  await withSystemTx(deps.db, async (tx) => {
    const id = await endSessionByHash(tx, hashToken(secret), "user_action", deps.clock.now());
    if (id) tx.afterCommit(() => deps.sessionEnded(id));
  });
}
