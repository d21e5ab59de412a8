import { addMs } from "../../../platform/clock.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { base32, newTotpSecret, stepOf, totpLabel } from "../engine/totp.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { OpenedSession } from "../sessions/session.ts";
import { factorsChanged, renewSecret } from "./changed.ts";
import { keepCodes, makeCodes } from "./codes.ts";
import { tellFactorChange } from "./mails.ts";
import type { Owner } from "./owner.ts";
import { openSecret, sealSecret } from "./secret.ts";
import { confirmPendingTotp, findTotp, savePendingTotp } from "./store.ts";

const PENDING_MS = 15 * 60_000;

export type Enrollment = { secret: string; uri: string; qrSvg: string; expiresAt: Date };

/** A new secret for an authenticator app. It waits 15 minutes for its first code; one in force stays so meanwhile. */
export function enroll({ db, clock, sealer, config }: IdentityDeps, { userId }: Owner): Promise<Enrollment> {
  const secret = newTotpSecret();
  const sealed = sealSecret(sealer, userId, secret);
  const expiresAt = addMs(clock.now(), PENDING_MS);
  return withSystemTx(db, async (tx) => {
    const user = await lockUser(tx, userId);
    if (!user) throw new Problem(common.unauthenticated);
    await savePendingTotp(tx, userId, sealed, expiresAt);
    // Two installations of one person are told apart by their host.
    const account = `${user.email} (${new URL(config.BASE_URL).host})`;
    const { uri, qrSvg } = totpLabel(secret, { issuer: "Holdfast", account });
    return { secret: base32(secret), uri, qrSvg, expiresAt };
  });
}

/**
 * Puts the waiting secret in force by its first code; that code is spent. The session goes on under a new secret. Throws
 * 409 when nothing waits, 422 for a wrong code.
 */
export async function confirm(
  deps: IdentityDeps,
  owner: Owner,
  code: string,
): Promise<{ codes: string[]; opened: OpenedSession | null }> {
  const { db, clock } = deps;
  const { userId, orgId } = owner;
  // Looked at first, so that a mistyped code does not cost ten slow hashes.
  await withSystemTx(db, (tx) => pendingStep(tx, deps, owner, code));
  const set = await makeCodes();
  const opened = await withSystemTx(db, async (tx) => {
    const now = clock.now();
    await lockUser(tx, userId);
    await confirmPendingTotp(tx, userId, await pendingStep(tx, deps, owner, code), now);
    await audit(tx, now, { orgId, actorId: userId, action: "mfa.enabled", targetId: userId });
    await keepCodes(tx, owner, set, now);
    await tellFactorChange(tx, deps, userId, "totp_on");
    await factorsChanged(tx, deps, userId);
    return renewSecret(tx, owner, now);
  });
  return { codes: set.codes, opened };
}

async function pendingStep(
  tx: Tx,
  { sealer, clock }: IdentityDeps,
  { userId }: Owner,
  code: string,
): Promise<number> {
  const now = clock.now();
  const pending = (await findTotp(tx, userId))?.pending;
  if (!pending || pending.until <= now) throw new Problem(identityProblems.mfa_not_pending);
  const step = stepOf(openSecret(sealer, userId, pending.sealed), code, now);
  if (step === null)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/code", detail: "is not the code that the app shows now" }],
    });
  return step;
}
