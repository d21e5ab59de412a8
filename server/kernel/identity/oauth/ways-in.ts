import type { Tx } from "../../../platform/db/index.ts";
import { listPasskeys } from "../passkeys/store.ts";
import type { StoredUser } from "../people/store.ts";
import { listAccounts } from "./store.ts";

/** How many ways to sign in the person has: a password, each account connected, each passkey. Lock the person before. */
export async function waysIn(tx: Tx, user: Pick<StoredUser, "id" | "passwordHash">): Promise<number> {
  const accounts = await listAccounts(tx, user.id);
  const passkeys = await listPasskeys(tx, user.id);
  return accounts.length + passkeys.length + (user.passwordHash === null ? 0 : 1);
}
