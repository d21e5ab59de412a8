import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { LIVES_MS, type Purpose, type TokenOf } from "./purpose.ts";
import { newId } from "../../../platform/ids.ts";
import {
  findLiveToken,
  insertToken,
  type LiveToken,
  lockLiveToken,
  voidSurplus,
  voidTokens,
} from "./store.ts";

const MAX_LIVE = 3;

/**
 * Stores the hash of a mail's own token while that mail is composed; composed again, nothing more happens. Three live ones per
 * purpose at most: the oldest give way.
 */
export async function issueToken(tx: Tx, of: TokenOf, token: string, now: Date): Promise<void> {
  const expiresAt = addMs(now, LIVES_MS[of.purpose]);
  await insertToken(tx, { id: newId("otl"), ...of, tokenHash: hashToken(token), expiresAt, now });
  await voidSurplus(tx, of, MAX_LIVE, now);
}

/** The live token of this text, if it is for one of these purposes. Looks only: nothing is spent. */
export const findToken = (
  tx: Tx,
  token: string,
  purposes: readonly Purpose[],
  now: Date,
): Promise<LiveToken | null> => findLiveToken(tx, hashToken(token), purposes, now);

/** Spends the token and voids its siblings, once whatever the number of tries at the same time. False: it was spent before. */
export async function spendToken(tx: Tx, token: LiveToken, now: Date): Promise<boolean> {
  if (!(await lockLiveToken(tx, token.id, now))) return false;
  await voidTokens(tx, token, now);
  return true;
}
