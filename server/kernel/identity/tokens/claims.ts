import { isId, type Id, type OrgId, type UserId } from "../../../platform/ids.ts";
import type { Payload } from "../engine/jose.ts";

export const ACCESS_TOKEN_SECONDS = 900;

/** The scope of a person's own tokens: all that their role allows. */
const EVERYTHING = "all";

/** What an access token says. The role is not in it: it is looked up with each request. */
export type Claims = {
  jti: Id<"jti">;
  userId: UserId;
  orgId: OrgId;
  sessionId: Id<"ses">;
  /** Null: all that the person may. */
  scopes: readonly string[] | null;
  amr: readonly string[];
  authTime: Date;
  expiresAt: Date;
};

/** RFC 9068's names. */
export function toPayload(claims: Omit<Claims, "expiresAt">, issuer: string, now: Date): Payload {
  const iat = Math.floor(now.getTime() / 1000);
  return {
    iss: issuer,
    aud: issuer,
    sub: claims.userId,
    org: claims.orgId,
    sid: claims.sessionId,
    jti: claims.jti,
    iat,
    exp: iat + ACCESS_TOKEN_SECONDS,
    scope: claims.scopes?.join(" ") ?? EVERYTHING,
    amr: [...claims.amr],
    auth_time: Math.floor(claims.authTime.getTime() / 1000),
  };
}

export const CLAIM_NAMES = ["sub", "org", "sid", "jti", "scope", "amr", "auth_time"];

/** Null for what we would never have signed. */
export function toClaims({ sub, org, sid, jti, scope, amr, auth_time: at, exp }: Payload): Claims | null {
  if (!isId("usr", sub) || !isId("org", org) || !isId("ses", sid) || !isId("jti", jti)) return null;
  if (typeof scope !== "string" || !Array.isArray(amr) || typeof at !== "number" || exp === undefined)
    return null;
  return {
    jti,
    userId: sub,
    orgId: org,
    sessionId: sid,
    scopes: scope === EVERYTHING ? null : scope.split(" ").filter(Boolean),
    amr: amr.map(String),
    authTime: new Date(at * 1000),
    expiresAt: new Date(exp * 1000),
  };
}
