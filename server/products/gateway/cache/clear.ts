import { audit } from "../../../kernel/identity/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { deleteEntries, deleteExpired } from "./store.ts";

/** Forgets every answer of the organization; audited. How many they were. */
export async function clearAnswers(
  { deps }: Gateway,
  { orgId, userId, credentialId }: Actor,
): Promise<number> {
  const now = deps.clock.now();
  return withTx(deps.db, orgId, async (tx) => {
    const deleted = await deleteEntries(tx, orgId);
    await audit(tx, now, {
      orgId,
      actorId: userId ?? credentialId,
      action: "llm_cache.cleared",
      targetId: orgId,
      detail: { deleted },
    });
    return deleted;
  });
}

/** Forgets what has expired. */
export const expireAnswers = ({ deps }: Gateway): Promise<boolean> =>
  deleteExpired(deps.db, deps.clock.now());
