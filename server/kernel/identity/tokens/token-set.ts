import { createSealer, hashToken, newToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import type { IdentityDeps } from "../deps.ts";
import { ruleOf, type Session } from "../sessions/session.ts";
import { ACCESS_TOKEN_SECONDS } from "./claims.ts";
import { insertRefreshToken } from "./store.ts";

/** What a client without a cookie is handed. */
export type TokenSet = {
  accessToken: string;
  expiresIn: number;
  refreshToken: string;
  /** Unless it is used before. */
  refreshExpiresIn: number;
  scopes: readonly string[] | null;
};

const SHAPE = /^[0-9A-Za-z]{43}$/;

/** True for what could be a refresh token; anything else needs no query. */
export const isRefreshToken = (text: string): boolean => SHAPE.test(text);

/** Makes the first, or the next, refresh token of the session's family; its text is known at this moment only. */
export async function mintRefreshToken(
  tx: Tx,
  sessionId: string,
  generation: number,
  now: Date,
): Promise<string> {
  const text = newToken();
  await insertRefreshToken(tx, { id: newId("rft"), sessionId, generation, tokenHash: hashToken(text), now });
  return text;
}

/** A fresh access token beside this refresh token. */
export async function tokenSetOf(
  { accessTokens, clock, config }: Pick<IdentityDeps, "accessTokens" | "clock" | "config">,
  session: Session,
  refreshToken: string,
): Promise<TokenSet> {
  const accessToken = await accessTokens.sign({
    userId: session.user.id,
    orgId: session.orgId,
    sessionId: session.id,
    scopes: session.scopes,
    amr: session.amr,
    authTime: session.provenAt,
  });
  const leftMs = session.expiresAt.getTime() - clock.now().getTime();
  return {
    accessToken,
    expiresIn: ACCESS_TOKEN_SECONDS,
    refreshToken,
    refreshExpiresIn: Math.floor(Math.min(leftMs, ruleOf(session.kind, config).idleMs) / 1000),
    scopes: session.scopes,
  };
}

/** Seals the successor under a key that only the old token's holder can derive: the database alone opens nothing. */
export const sealSuccessor = (old: string, successor: string): Buffer =>
  createSealer([old]).seal(Buffer.from(successor), "refresh successor");

export const openSuccessor = (old: string, sealed: Buffer): string =>
  createSealer([old]).open(sealed, "refresh successor").toString();
