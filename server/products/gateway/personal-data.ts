/** What people said, as it is remembered and summed up: told whole to whom it is of (`memory/facts/read.ts`), erased with them. */
import type { WritingActions } from "../../kernel/tenancy/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { deleteSummaries } from "./compression/store.ts";
import { forgetAll } from "./memory/facts/store.ts";

async function erase(tx: Tx, orgId: OrgId, userId: string | null): Promise<void> {
  await forgetAll(tx, orgId, userId);
  await deleteSummaries(tx, orgId, userId);
}

/** What `server/app.ts` hands to tenancy. */
export const writingActions: WritingActions = {
  forget: (tx, orgId) => erase(tx, orgId, null),
  forgetPerson: erase,
};
