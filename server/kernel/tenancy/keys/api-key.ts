import { checksum, hmac, newToken, safeEqual } from "../../../platform/crypto/index.ts";

export type KeyMode = "test" | "live";
export type ParsedKey = { mode: KeyMode; publicId: string; text: string };
/** What is stored of a key's text. */
export type KeyHash = { hmac: Buffer; pepperVersion: number };

const PUBLIC_ID = 12;
const SECRET = 43;
const SHAPE = /^hf_(test|live)_([0-9A-Za-z]{12})[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;

/** `hf_test_` or `hf_live_`, 12 characters that name the key, 43 that prove it, 6 of CRC-32 over all before them. */
export const makeKey = (mode: KeyMode): ParsedKey => makeKeyAgain(mode, newToken(PUBLIC_ID));

/** Another secret for the key of this public id. */
export function makeKeyAgain(mode: KeyMode, publicId: string): ParsedKey {
  const body = `hf_${mode}_${publicId}${newToken(SECRET)}`;
  return { mode, publicId, text: body + checksum(body) };
}

/** Null for what cannot be a key of ours: another shape, or a checksum that does not match. Needs no query. */
export function parseKey(text: string): ParsedKey | null {
  const [, mode, publicId, sum] = SHAPE.exec(text) ?? [];
  if (!mode || !publicId || sum !== checksum(text.slice(0, -6))) return null;
  return { mode: mode as KeyMode, publicId, text };
}

/** Hashes under the newest pepper; its version is its place in the list, from 1. */
export function hashKey(text: string, peppers: readonly string[]): KeyHash {
  return { hmac: hmac(peppers.at(-1) as string, text), pepperVersion: peppers.length };
}

/** Constant time. False also under a pepper that is configured no more. */
export function matchesKey(text: string, stored: KeyHash, peppers: readonly string[]): boolean {
  const pepper = peppers[stored.pepperVersion - 1];
  return pepper !== undefined && safeEqual(hmac(pepper, text).toString("hex"), stored.hmac.toString("hex"));
}

/** The part of a key that may be shown. */
export const shownPrefix = (mode: KeyMode, publicId: string): string => `hf_${mode}_${publicId}`;
