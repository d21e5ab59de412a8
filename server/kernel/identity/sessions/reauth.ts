import { verifyPassword } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { findUserById } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { Amr } from "./session.ts";
import { updateProven } from "./store.ts";

/** A code of the person's app, one of their backup codes, or what one of their passkeys signed. */
export type FactorProof = { code: string } | { assertion: Record<string, unknown> };

/** Checks factors beyond the password, and spends what works once. Null: it proves nothing of this person. */
export type SecondFactor = (tx: Tx, userId: UserId, proof: FactorProof) => Promise<Amr | null>;

export type Proof = { password: string } | FactorProof;
type Who = { userId: UserId; sessionId: string; orgId: OrgId };

/** Notes that the person has proved anew who they are; what asks for a proof goes on for ten minutes. 401 when they have not. */
export async function reauthenticate(
  deps: IdentityDeps,
  secondFactor: SecondFactor,
  { userId, sessionId, orgId }: Who,
  proof: Proof,
): Promise<void> {
  const { db, clock, sessionEnded } = deps;
  const byPassword = "password" in proof ? await isPasswordOf(deps, userId, proof.password) : false;
  await withSystemTx(db, async (tx) => {
    const factor = "password" in proof ? null : await secondFactor(tx, userId, proof);
    const method = byPassword ? "pwd" : factor;
    if (!method) throw new Problem(identityProblems.reauth_failed);
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
async function isPasswordOf({ db }: IdentityDeps, userId: UserId, password: string): Promise<boolean> {
  const user = await withSystemTx(db, (tx) => findUserById(tx, userId));
  return verifyPassword(user?.passwordHash ?? null, password);
}
