import { addMs } from "../../../platform/clock.ts";
import { slowHash } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { stepOf } from "../engine/totp.ts";
import type { Assertion } from "../engine/webauthn.ts";
import { checkPasskey, notePasskeyUse, type CheckedPasskey } from "../passkeys/check.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { Amr } from "../sessions/session.ts";
import { readBackupCode } from "./backup-code.ts";
import { findSalt, spendCode } from "./code-store.ts";
import { tellFewCodes } from "./mails.ts";
import { openSecret } from "./secret.ts";
import { countFailure, findTotp, forgetFailures, lockedUntil, spendStep } from "./store.ts";

const MAX_FAILURES = 5;
const LOCKED_MS = 15 * 60_000;

/** A second factor as somebody shows it. */
export type Shown =
  | { method: "totp"; code: string }
  | { method: "backup_code"; code: string }
  | { method: "passkey"; assertion: Assertion };

/** The same after the slow work that needs no transaction. */
export type Prepared =
  | { method: "totp"; code: string }
  | { method: "backup_code"; hash: Buffer | null }
  | { method: "passkey"; checked: CheckedPasskey | null };

export type Verdict = { proven: Amr } | { proven: null; lockedUntil: Date | null };

/** Hashes a backup code, checks an assertion. An assertion's challenge is spent by this, whatever comes of it. */
export async function prepare(deps: IdentityDeps, userId: UserId, shown: Shown): Promise<Prepared> {
  if (shown.method === "totp") return shown;
  if (shown.method === "passkey")
    return { method: "passkey", checked: await checkPasskey(deps, shown.assertion) };
  const code = readBackupCode(shown.code);
  const salt = code && (await withSystemTx(deps.db, (tx) => findSalt(tx, userId)));
  return { method: "backup_code", hash: code && salt ? await slowHash(code, salt) : null };
}

/**
 * Spends what was shown if it proves the person: a code works once, of many at once for one. Five failures in a row lock
 * the second step for 15 minutes, in which nothing is looked at. The caller commits whatever the verdict, and then
 * `refuse`s.
 */
export async function trySecondFactor(
  tx: Tx,
  deps: IdentityDeps,
  userId: UserId,
  prepared: Prepared,
): Promise<Verdict> {
  const now = deps.clock.now();
  // Tries of one person take turns, so that failures at once are all counted.
  await lockUser(tx, userId);
  const locked = await lockedUntil(tx, userId, now);
  if (locked) return { proven: null, lockedUntil: locked };
  const proven = await spend(tx, deps, userId, prepared);
  if (proven) {
    await forgetFailures(tx, userId);
    return { proven };
  }
  const until = addMs(now, LOCKED_MS);
  if (!(await countFailure(tx, userId, MAX_FAILURES, until))) return { proven: null, lockedUntil: null };
  await audit(tx, now, { orgId: INSTALLATION, actorId: userId, action: "mfa.locked", targetId: userId });
  return { proven: null, lockedUntil: null };
}

async function spend(tx: Tx, deps: IdentityDeps, userId: UserId, prepared: Prepared): Promise<Amr | null> {
  const now = deps.clock.now();
  switch (prepared.method) {
    case "totp": {
      const totp = await findTotp(tx, userId);
      if (!totp?.sealed) return null;
      const step = stepOf(openSecret(deps.sealer, userId, totp.sealed), prepared.code, now);
      return step !== null && (await spendStep(tx, userId, step)) ? "otp" : null;
    }
    case "backup_code": {
      if (!prepared.hash || !(await spendCode(tx, userId, prepared.hash, now))) return null;
      const orgId = INSTALLATION;
      await audit(tx, now, { orgId, actorId: userId, action: "mfa.code_spent", targetId: userId });
      await tellFewCodes(tx, deps, userId);
      return "backup";
    }
    case "passkey": {
      const { checked } = prepared;
      if (checked?.userId !== userId) return null;
      return (await notePasskeyUse(tx, checked, now)) ? "passkey" : null;
    }
  }
}

/** The problem of a verdict that proves nothing: 429 while locked, else 401. */
export function refuse(lockedUntil: Date | null, now: Date): Problem {
  if (!lockedUntil) return new Problem(identityProblems.second_factor_refused);
  const retryAfter = Math.ceil((lockedUntil.getTime() - now.getTime()) / 1000);
  return new Problem(identityProblems.mfa_locked, { retryAfter });
}

/**
 * Proves by a second factor that it is this person, in a transaction of its own; returns how, null when it does not. Throws
 * 429 `mfa_locked`, 503 `kms_unavailable`.
 */
export async function proveSecondFactor(
  deps: IdentityDeps,
  userId: UserId,
  shown: Shown,
): Promise<Amr | null> {
  const prepared = await prepare(deps, userId, shown);
  const verdict = await withSystemTx(deps.db, (tx) => trySecondFactor(tx, deps, userId, prepared));
  if (verdict.proven === null && verdict.lockedUntil) throw refuse(verdict.lockedUntil, deps.clock.now());
  return verdict.proven;
}
