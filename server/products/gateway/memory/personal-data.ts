/** What is remembered of people: told whole to whom it is of (`facts/read.ts`), erased with them or their organization. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { forgetAll } from "./facts/store.ts";

/** What `server/app.ts` hands to tenancy. */
export const memoryActions = {
  forget: (tx: Tx, orgId: OrgId): Promise<void> => forgetAll(tx, orgId, null),
  forgetPerson: (tx: Tx, orgId: OrgId, userId: string): Promise<void> => forgetAll(tx, orgId, userId),
};
