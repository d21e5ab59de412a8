import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { deletePasskeys } from "../passkeys/store.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { listFactors } from "../sessions/store.ts";
import { factorsChanged } from "./changed.ts";
import { deleteCodes } from "./code-store.ts";
import { tellFactorChange } from "./mails.ts";
import type { Owner } from "./owner.ts";
import { deleteTotp, forgetFailures } from "./store.ts";

/** Takes the authenticator app away. Backup codes go with the last factor that they stood in for. */
export function disableTotp(deps: IdentityDeps, { userId, orgId }: Owner): Promise<void> {
  return withSystemTx(deps.db, async (tx) => {
    await lockUser(tx, userId);
    if (!(await deleteTotp(tx, userId))) throw new Problem(identityProblems.mfa_not_enabled);
    await dropOrphanedCodes(tx, userId);
    const now = deps.clock.now();
    await audit(tx, now, { orgId, actorId: userId, action: "mfa.disabled", targetId: userId });
    await tellFactorChange(tx, deps, userId, "totp_off");
    await factorsChanged(tx, deps, userId);
  });
}

/** Without a factor left there is nothing that a code could stand in for. */
export async function dropOrphanedCodes(tx: Tx, userId: UserId): Promise<void> {
  if ((await listFactors(tx, userId)).length === 0) await deleteCodes(tx, userId);
}

/**
 * Takes every second factor away: app, codes, passkeys, failures. For operators who help somebody that lost them all. The
 * caller writes the audit entry. @public
 */
export async function removeMfa(
  tx: Tx,
  deps: Pick<IdentityDeps, "sessionEnded">,
  userId: UserId,
): Promise<void> {
  await lockUser(tx, userId);
  await deleteTotp(tx, userId);
  await deletePasskeys(tx, userId);
  await deleteCodes(tx, userId);
  await forgetFailures(tx, userId);
  await factorsChanged(tx, deps, userId);
}
