import { createHash } from "node:crypto";
import type { Fault, World } from "../core/company.ts";
import type { Grant } from "./grants.ts";
import { foreignKey, keysOf, rotateKeys, signJwt, unsignedJwt } from "./keys.ts";
import { subjectOf, type Person } from "./people.ts";

/** Faults of a token call that the issuer acts out itself. */
export const TOKEN_FAULTS: readonly string[] = [
  "expired_code",
  "replayed_code",
  "wrong_aud",
  "wrong_nonce",
  "wrong_iss",
  "alg_none",
  "bad_signature",
  "old_token",
  "unknown_key",
  "rotated_key",
];

const SUBJECT_DIGITS = 21;
const LIVES_SECONDS = 3_600;

export function claimsOf(company: string, person: Person): Record<string, unknown> {
  const primary = person.addresses.find((address) => address.primary);
  const [given = "", ...family] = person.name.split(" ");
  return {
    sub: subjectOf(company, person, SUBJECT_DIGITS),
    name: person.name,
    given_name: given,
    ...(family.length === 0 ? {} : { family_name: family.join(" ") }),
    ...(primary === undefined ? {} : { email: primary.email, email_verified: primary.verified }),
  };
}

type Making = {
  company: string;
  issuer: string;
  grant: Grant;
  accessToken: string;
  fault: Fault | null;
};

/** The signed statement of who signed in; its times are real ones, since the client's clock judges them. */
export async function makeIdToken(world: World, making: Making): Promise<string> {
  const { company, issuer, grant, accessToken, fault } = making;
  const kind = fault?.fault ?? "";
  const now = Math.floor(Date.now() / 1000) - (kind === "old_token" ? 2 * LIVES_SECONDS : 0);
  const claims = {
    iss: kind === "wrong_iss" ? `${issuer}.elsewhere.test` : issuer,
    azp: grant.clientId,
    aud: kind === "wrong_aud" ? `another-${grant.clientId}` : grant.clientId,
    ...claimsOf(company, grant.person),
    at_hash: createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url"),
    ...(kind === "wrong_nonce"
      ? { nonce: "not-the-one-that-was-sent" }
      : grant.nonce === null
        ? {}
        : { nonce: grant.nonce }),
    iat: now,
    exp: now + LIVES_SECONDS,
  };
  if (kind === "alg_none") return unsignedJwt(claims);
  if (kind === "unknown_key") return signJwt(await foreignKey(), claims);
  if (kind === "rotated_key") await rotateKeys(world, company);
  const [signing] = await keysOf(world, company);
  if (signing === undefined) throw new Error("the issuer has no key");
  if (kind === "bad_signature") return signJwt({ kid: signing.kid, key: (await foreignKey()).key }, claims);
  return signJwt(signing, claims);
}
