import { verifyPassword } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Assertion } from "../engine/webauthn.ts";
import { proveSecondFactor, type Shown } from "../mfa/prove.ts";
import { findUserById } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { Amr } from "./session.ts";
import { updateProven } from "./store.ts";

/** The password, a code of the person's app or one of their backup codes, or what one of their passkeys signed. */
export type Proof = { password: string } | { code: string } | { assertion: Assertion };
type Who = { userId: UserId; sessionId: string; orgId: OrgId };

/** Notes that the person has proved anew who they are; what asks for a proof goes on for ten minutes. 401 when they have not. */
export async function reauthenticate(
  deps: IdentityDeps,
  { userId, sessionId, orgId }: Who,
  proof: Proof,
): Promise<void> {
  const { db, clock, sessionEnded } = deps;
  const method =
    "password" in proof
      ? await provePassword(deps, userId, proof.password)
      : await proveSecondFactor(deps, userId, shownOf(proof));
  if (!method) throw new Problem(identityProblems.reauth_failed);
  await withSystemTx(db, async (tx) => {
    const now = clock.now();
    await updateProven(tx, sessionId, now);
    await audit(tx, now, {
      orgId,
      actorId: userId,
      action: "session.proven",
      targetId: sessionId,
      detail: { amr: [method] },
    });
    // What is remembered of the session holds the older proof.
    tx.afterCommit(() => sessionEnded(sessionId));
  });
}

/** Outside of any transaction, since a password takes its time. */
async function provePassword({ db }: IdentityDeps, userId: UserId, password: string): Promise<Amr | null> {
  const user = await withSystemTx(db, (tx) => findUserById(tx, userId));
  return (await verifyPassword(user?.passwordHash ?? null, password)) ? "pwd" : null;
}

/** Six digits are an app's code; backup codes are longer. */
function shownOf(proof: { code: string } | { assertion: Assertion }): Shown {
  if ("assertion" in proof) return { method: "passkey", ...proof };
  const code = proof.code.replaceAll(/\s/g, "");
  return /^\d{6}$/.test(code) ? { method: "totp", code } : { method: "backup_code", code };
}
