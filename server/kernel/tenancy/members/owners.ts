import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { findUsers, type User } from "../../identity/index.ts";
import { findMember, listOwners } from "./store.ts";

/** The people who own an organization. */
export const ownersOf = async (tx: Tx, orgId: OrgId): Promise<User[]> =>
  findUsers(tx, await listOwners(tx, orgId));

export const isMember = async (tx: Tx, orgId: OrgId, userId: UserId): Promise<boolean> =>
  (await findMember(tx, orgId, userId)) !== null;
