import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { findEnabledUser, findUserByEmail, listOperators, listUsers } from "./store.ts";
import type { User } from "./user.ts";

/** Those of these people who exist, in no order. */
export const findUsers = (tx: Tx, ids: readonly UserId[]): Promise<User[]> => listUsers(tx, ids);

/** The person, unless disabled or unknown. */
export const findActiveUser = (tx: Tx, id: UserId): Promise<User | null> => findEnabledUser(tx, id);

/** The person of this address, in small letters, disabled or not. */
export const findUserByAddress = (tx: Tx, email: string): Promise<User | null> => findUserByEmail(tx, email);

/** Everybody who operates the installation today. */
export const findOperators = (tx: Tx): Promise<User[]> => listOperators(tx);
