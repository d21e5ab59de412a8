/** Signing keys of an issuer, made when first needed. Like signatures they are no part of what a seed repeats. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import type { World } from "../core/company.ts";

const makePair = promisify(generateKeyPair);
/** Published at once: the one that signs now and those before it. */
const PUBLISHED = 3;

export type SigningKey = { kid: string; key: KeyObject };

async function makeKey(): Promise<SigningKey> {
  const { privateKey } = await makePair("rsa", { modulusLength: 2048 });
  return { kid: randomBytes(20).toString("hex"), key: privateKey };
}

let foreign: Promise<SigningKey> | null = null;
/** A key that is published nowhere; one for the whole process. */
export const foreignKey = (): Promise<SigningKey> => (foreign ??= makeKey());

function keep(world: World, company: string, { kid, key }: SigningKey): void {
  const pem = key.export({ type: "pkcs8", format: "pem" });
  world.store.run("insert into sign_in_keys (company, kid, pem) values (?, ?, ?)", company, kid, pem);
}

function published(world: World, company: string): SigningKey[] {
  const sql = "select kid, pem from sign_in_keys where company = ? order by n desc limit ?";
  return world.store.all(sql, company, PUBLISHED).map((row) => ({
    kid: String(row["kid"]),
    key: createPrivateKey(String(row["pem"])),
  }));
}

/** The keys in use, the signing one first; at most one is being made at a time. */
export async function keysOf(world: World, company: string): Promise<SigningKey[]> {
  const known = published(world, company);
  if (known.length > 0) return known;
  const name = `sign-in-keys:${company}`;
  const making = (world.memory.get(name) as Promise<void> | undefined) ?? rotateKeys(world, company);
  world.memory.set(name, making);
  await making;
  world.memory.delete(name);
  return published(world, company);
}

/** Signs with a new key from now on; the ones before it stay published for a while. */
export async function rotateKeys(world: World, company: string): Promise<void> {
  keep(world, company, await makeKey());
}

export function jwksOf(keys: readonly SigningKey[]): { keys: Record<string, unknown>[] } {
  return {
    keys: keys.map(({ kid, key }) => {
      const { n, e, kty } = createPublicKey(key).export({ format: "jwk" });
      return { n, kty, use: "sig", kid, e, alg: "RS256" };
    }),
  };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export function signJwt({ kid, key }: SigningKey, claims: object): string {
  const input = `${encode({ alg: "RS256", kid, typ: "JWT" })}.${encode(claims)}`;
  return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
}

/** A token that says it needs no signature. */
export const unsignedJwt = (claims: object): string =>
  `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
