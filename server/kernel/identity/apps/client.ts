import { createHash } from "node:crypto";
import { safeEqual } from "../../../platform/crypto/index.ts";

/** An app that people may let in. */
export type Client = {
  id: string;
  name: string;
  redirectUris: readonly string[];
  /** What it may ask for. */
  scopes: readonly string[];
};

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(\/[\w/-]*)$/;
const MAX_PORT = 65_535;

/** An exact match of the list; on a loopback address any port counts (RFC 8252). Compared as text: nothing is resolved first. */
export function allowsRedirect({ redirectUris }: Pick<Client, "redirectUris">, uri: string): boolean {
  if (redirectUris.includes(uri)) return true;
  const [, host, port, path] = LOOPBACK.exec(uri) ?? [];
  return host !== undefined && Number(port) <= MAX_PORT && redirectUris.includes(`http://${host}${path}`);
}

/** The scopes asked for; all that the app may have when it names none; null when it asks for more. */
export function scopesFor({ scopes }: Pick<Client, "scopes">, asked: string | undefined): string[] | null {
  const wanted = [...new Set(asked?.split(" ").filter(Boolean))];
  if (wanted.length === 0) return [...scopes];
  return wanted.every((scope) => scopes.includes(scope)) ? wanted : null;
}

const CHALLENGE = /^[\w-]{43}$/;
const VERIFIER = /^[\w.~-]{43,128}$/;

/** True for what S256 makes of a verifier. */
export const isChallenge = (text: string): boolean => CHALLENGE.test(text);

/** RFC 7636, S256 alone: only who made the challenge knows the verifier. */
export const matchesChallenge = (verifier: string, challenge: string): boolean =>
  VERIFIER.test(verifier) && safeEqual(createHash("sha256").update(verifier).digest("base64url"), challenge);
