/**
 * What people said and were answered, as it is remembered, summed up and kept: facts are told whole to whom they are of
 * (`memory/facts/read.ts`), all of it is erased with them.
 */
import type { WritingActions } from "../../kernel/tenancy/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { deleteEntries, deleteEntriesOf } from "./cache/store.ts";
import { deleteSummaries } from "./compression/store.ts";
import { deleteAnswers } from "./keys/kept-store.ts";
import { forgetAll } from "./memory/facts/store.ts";

async function erase(tx: Tx, orgId: OrgId, userId: string | null): Promise<void> {
  await forgetAll(tx, orgId, userId);
  await deleteSummaries(tx, orgId, userId);
  await deleteAnswers(tx, orgId, userId);
  await (userId === null ? deleteEntries(tx, orgId) : deleteEntriesOf(tx, orgId, userId));
}

/** What `server/app.ts` hands to tenancy. */
export const writingActions: WritingActions = {
  forget: (tx, orgId) => erase(tx, orgId, null),
  forgetPerson: erase,
};
