import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../../platform/ids.ts";
import { deleteAnswers } from "../../keys/kept-store.ts";
import { deleteHeardOf } from "./heard-store.ts";

/** Forgets what a person said and nobody has noted yet, what a model answered about it as well. */
export async function forgetHeard(tx: Tx, org: OrgId, userId: UserId): Promise<void> {
  await deleteHeardOf(tx, org, userId);
  await deleteAnswers(tx, org, userId, "memory");
}
