import { hashToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { Session } from "./session.ts";
import { findSessionByHash, findSessionById, updateLastSeen } from "./store.ts";

const SECRET = /^[0-9A-Za-z]{43}$/;

/** True for what could be a cookie's secret; anything else needs no query. */
export const isSessionSecret = (text: string): boolean => SECRET.test(text);

/** The open session of a cookie's secret, or null. Whether it has run out: `isLive`. */
export const findSession = (tx: Tx, secret: string): Promise<Session | null> =>
  findSessionByHash(tx, hashToken(secret));

/** The open session of this id, or null. */
export const getSession = (tx: Tx, id: string): Promise<Session | null> => findSessionById(tx, id);

/** Notes when sessions were used, by their ids. */
export const touchSessions = (tx: Tx, usedAt: ReadonlyMap<string, Date>): Promise<void> =>
  updateLastSeen(tx, usedAt);
