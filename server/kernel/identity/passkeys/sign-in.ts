import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { type Assertion, type AssertionOptions, assertionOptions } from "../engine/webauthn.ts";
import { findChallenge } from "../mfa/challenge-store.ts";
import { identityProblems } from "../problems.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { Origin } from "../sessions/open-session.ts";
import type { SignInMode } from "../sessions/session.ts";
import { insertCeremony } from "./ceremony-store.ts";
import { checkPasskey, notePasskeyUse } from "./check.ts";
import { CEREMONY_MS, relyingParty } from "./passkey.ts";
import { listPasskeys } from "./store.ts";

/**
 * What an authenticator is asked to sign: for a sign-in that waits for its second factor by a passkey of its person, for
 * `userId` by one of theirs, else by any passkey of ours that it holds.
 */
export async function signInOptions(
  { db, clock, config }: IdentityDeps,
  asked: { mfaChallenge: string | null; userId: UserId | null },
): Promise<AssertionOptions> {
  const now = clock.now();
  const person = async (tx: Tx): Promise<UserId | null> => {
    if (asked.mfaChallenge === null) return asked.userId;
    const waiting = await findChallenge(tx, hashToken(asked.mfaChallenge), now);
    if (!waiting) throw new Problem(identityProblems.challenge_expired);
    return waiting.userId;
  };
  const { userId, known } = await withSystemTx(db, async (tx) => {
    const found = await person(tx);
    const passkeys = found ? await listPasskeys(tx, found) : [];
    return {
      userId: found,
      known: passkeys.map(({ credentialId: id, transports }) => ({ id, transports })),
    };
  });
  const options = await assertionOptions(relyingParty(config), known, CEREMONY_MS);
  const challengeHash = hashToken(options.challenge);
  const expiresAt = addMs(now, CEREMONY_MS);
  await withSystemTx(db, (tx) => insertCeremony(tx, { challengeHash, purpose: "login", userId, expiresAt }));
  return options;
}

/** Signs in by a passkey alone, which is both factors. 401 for one that does not hold, whatever is wrong with it. */
export async function signInByPasskey(
  deps: IdentityDeps,
  assertion: Assertion,
  origin: Origin,
  mode: SignInMode,
): Promise<SignedIn> {
  const checked = await checkPasskey(deps, assertion);
  const signedIn =
    checked &&
    (await withSystemTx(deps.db, async (tx) => {
      if (!(await notePasskeyUse(tx, checked, deps.clock.now()))) return null;
      return completeSignIn(tx, deps, { userId: checked.userId, amr: ["passkey"] }, origin, mode);
    }));
  if (!signedIn) throw new Problem(identityProblems.passkey_refused);
  return signedIn;
}
