import { hashToken } from "../../platform/crypto/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { UserId } from "../../platform/ids.ts";
import type { Session, User } from "./session.ts";
import { findEnabledUser, findSessionByHash, findSessionById, listUsers, updateLastSeen } from "./store.ts";

const SECRET = /^[0-9A-Za-z]{43}$/;

/** True for what could be a cookie's secret; anything else needs no query. */
export const isSessionSecret = (text: string): boolean => SECRET.test(text);

/** The open session of a cookie's secret, or null. Whether it has run out: `isLive`. */
export const findSession = (tx: Tx, secret: string): Promise<Session | null> =>
  findSessionByHash(tx, hashToken(secret));

/** The open session of this id, or null. */
export const getSession = (tx: Tx, id: string): Promise<Session | null> => findSessionById(tx, id);

/** Notes that the session is in use. */
export const touchSession = (tx: Tx, id: string, now: Date): Promise<void> => updateLastSeen(tx, id, now);

/** Those of these people who exist, in no order. */
export const findUsers = (tx: Tx, ids: readonly UserId[]): Promise<User[]> => listUsers(tx, ids);

/** The person, unless disabled or unknown. */
export const findActiveUser = (tx: Tx, id: UserId): Promise<User | null> => findEnabledUser(tx, id);
