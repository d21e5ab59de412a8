/** What is remembered of people: told whole to whom it is of (`facts/read.ts`), erased with them or their organization. */
import type { WritingActions } from "../../../kernel/tenancy/index.ts";
import { forgetAll } from "./facts/store.ts";

/** What `server/app.ts` hands to tenancy. */
export const memoryActions: WritingActions = {
  forget: (tx, orgId) => forgetAll(tx, orgId, null),
  forgetPerson: (tx, orgId, userId) => forgetAll(tx, orgId, userId),
};
