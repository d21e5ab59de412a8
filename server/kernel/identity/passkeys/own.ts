import { type Db, withSystemTx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { factorsChanged } from "../mfa/changed.ts";
import { dropOrphanedCodes } from "../mfa/disable.ts";
import { tellFactorChange } from "../mfa/mails.ts";
import type { Owner } from "../mfa/owner.ts";
import { waysIn } from "../oauth/ways-in.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { Passkey } from "./passkey.ts";
import { deletePasskey, listPasskeys, updateName } from "./store.ts";

/** The person's passkeys, oldest first; ten at most. */
export const passkeysOf = (db: Db, userId: UserId): Promise<Passkey[]> =>
  withSystemTx(db, (tx) => listPasskeys(tx, userId));

/** 404 for one that is not theirs. */
export function renamePasskey(
  { db }: IdentityDeps,
  { userId }: Owner,
  id: Id<"pky">,
  name: string,
): Promise<Passkey> {
  return withSystemTx(db, async (tx) => {
    const passkey = await updateName(tx, userId, id, name);
    if (!passkey) throw new Problem(common.not_found);
    return passkey;
  });
}

/** 404 for one that is not theirs, 409 for the only way in. Backup codes go with the last factor that they stood in for. */
export function removePasskey(deps: IdentityDeps, { userId, orgId }: Owner, id: Id<"pky">): Promise<void> {
  return withSystemTx(deps.db, async (tx) => {
    const user = await lockUser(tx, userId);
    if (!user || !(await deletePasskey(tx, userId, id))) throw new Problem(common.not_found);
    if ((await waysIn(tx, user)) === 0) throw new Problem(identityProblems.last_sign_in_method);
    await dropOrphanedCodes(tx, userId);
    const now = deps.clock.now();
    await audit(tx, now, { orgId, actorId: userId, action: "passkey.removed", targetId: id });
    await tellFactorChange(tx, deps, userId, "passkey_removed");
    await factorsChanged(tx, deps, userId);
  });
}
