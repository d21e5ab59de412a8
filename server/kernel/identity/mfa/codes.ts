import { randomBytes } from "node:crypto";
import { slowHash } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { listFactors } from "../sessions/store.ts";
import { newBackupCodes } from "./backup-code.ts";
import { replaceCodes } from "./code-store.ts";
import { tellFactorChange } from "./mails.ts";
import type { Owner } from "./owner.ts";

const SALT_BYTES = 16;

/** Ten codes and what is kept of them. */
export type CodeSet = { codes: string[]; salt: Buffer; hashes: Buffer[] };

/** The slow part, done before the transaction that keeps it. */
export async function makeCodes(): Promise<CodeSet> {
  const codes = newBackupCodes();
  const salt = randomBytes(SALT_BYTES);
  const hashes = await Promise.all(codes.map((code) => slowHash(code, salt)));
  return { codes, salt, hashes };
}

/** Keeps a set in the place of the person's codes so far, all of which are void. */
export async function keepCodes(tx: Tx, { userId, orgId }: Owner, set: CodeSet, now: Date): Promise<void> {
  await replaceCodes(tx, userId, set, now);
  await audit(tx, now, { orgId, actorId: userId, action: "mfa.codes_made", targetId: userId });
}

/** Ten new codes; the old ones are void. 409 without a second factor that they could stand in for. */
export async function regenerateCodes(deps: IdentityDeps, owner: Owner): Promise<string[]> {
  const refuseWithout = async (tx: Tx, userId: UserId) => {
    if ((await listFactors(tx, userId)).length === 0) throw new Problem(identityProblems.mfa_not_enabled);
  };
  await withSystemTx(deps.db, (tx) => refuseWithout(tx, owner.userId));
  const set = await makeCodes();
  await withSystemTx(deps.db, async (tx) => {
    await lockUser(tx, owner.userId);
    await refuseWithout(tx, owner.userId);
    await keepCodes(tx, owner, set, deps.clock.now());
    await tellFactorChange(tx, deps, owner.userId, "backup_codes");
  });
  return set.codes;
}
