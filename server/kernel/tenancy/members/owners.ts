import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { findUsers, type User } from "../../identity/index.ts";
import { listOwners } from "./store.ts";

/** The people who own an organization. */
export const ownersOf = async (tx: Tx, orgId: OrgId): Promise<User[]> =>
  findUsers(tx, await listOwners(tx, orgId));
