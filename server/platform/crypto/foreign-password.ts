/**
 * Passwords as other programs hashed them, for people who come from there. Read from the hash's own text:
 *
 *     $2a$ $2b$ $2y$                            bcrypt
 *     $argon2id$ $argon2i$ $argon2d$            argon2, PHC format
 *     $scrypt$ln=14,r=8,p=1$salt$hash           scrypt, PHC format
 *     $pbkdf2-sha256$29000$salt$hash            PBKDF2 as passlib writes it (also sha1, sha512)
 *     pbkdf2_sha256$600000$salt$hash            PBKDF2 as Django writes it
 *
 * Costs are bounded, so that no imported hash can hold up a server.
 */
import { argon2, pbkdf2, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import bcrypt from "bcryptjs";

/** Checks a password against one hash. */
export type Check = (password: string) => Promise<boolean>;

const MAX_MEMORY_KIB = 256 * 1024;
const MAX_PASSES = 20;
const MAX_PARALLELISM = 16;
const MAX_BCRYPT_COST = 14;
const MAX_SCRYPT_BYTES = 256 * 1024 * 1024;
const MAX_PBKDF2 = 5_000_000;
const MIN_TAG_BYTES = 16;
const MAX_TAG_BYTES = 128;

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2 =
  /^\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const PASSLIB = /^\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,7})\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$/;
const DJANGO = /^pbkdf2_(sha1|sha256)\$(\d{1,7})\$([^$]{1,200})\$([A-Za-z0-9+/]+={0,2})$/;

const derivePbkdf2 = promisify(pbkdf2);
const deriveArgon2 = promisify(argon2);
const deriveScrypt = (password: string, salt: Buffer, length: number, cost: object): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password, salt, length, cost, (error, key) => (error ? reject(error) : resolve(key))),
  );

/** Null for a text that is no such hash, or one that asks for more work than is allowed. */
export function readForeignHash(stored: string): Check | null {
  return readBcrypt(stored) ?? readArgon2(stored) ?? readScrypt(stored) ?? readPbkdf2(stored);
}

function readBcrypt(stored: string): Check | null {
  const match = BCRYPT.exec(stored);
  if (!match || Number(match[1]) > MAX_BCRYPT_COST) return null;
  return (password) => bcrypt.compare(password, stored);
}

function readArgon2(stored: string): Check | null {
  const match = ARGON2.exec(stored);
  if (!match) return null;
  const [, algorithm = "", m, t, p, salt = "", tag = ""] = match;
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)];
  const expected = tagOf(tag);
  const nonce = Buffer.from(salt, "base64");
  const fits =
    memory <= MAX_MEMORY_KIB &&
    memory >= 8 * parallelism &&
    passes >= 1 &&
    passes <= MAX_PASSES &&
    parallelism >= 1 &&
    parallelism <= MAX_PARALLELISM &&
    nonce.length >= 8;
  if (!fits || !expected) return null;
  return async (password) => {
    const parameters = { message: password, nonce, parallelism, tagLength: expected.length, memory, passes };
    return timingSafeEqual(await deriveArgon2(algorithm as "argon2id", parameters), expected);
  };
}

function readScrypt(stored: string): Check | null {
  const match = SCRYPT.exec(stored);
  if (!match) return null;
  const [, ln, r, p, salt = "", tag = ""] = match;
  const [N, blockSize, parallelization] = [2 ** Number(ln), Number(r), Number(p)];
  const expected = tagOf(tag);
  const bytes = 128 * N * blockSize;
  if (!expected || N < 2 || blockSize < 1 || parallelization < 1 || parallelization > MAX_PARALLELISM)
    return null;
  if (bytes > MAX_SCRYPT_BYTES) return null;
  const cost = { N, r: blockSize, p: parallelization, maxmem: 2 * bytes };
  return async (password) =>
    timingSafeEqual(
      await deriveScrypt(password, Buffer.from(salt, "base64"), expected.length, cost),
      expected,
    );
}

function readPbkdf2(stored: string): Check | null {
  const passlib = PASSLIB.exec(stored);
  const django = DJANGO.exec(stored);
  const [, digest = "sha1", rounds, salt = "", tag = ""] = passlib ?? django ?? [];
  if (rounds === undefined || Number(rounds) < 1 || Number(rounds) > MAX_PBKDF2) return null;
  // Passlib writes "." for "+"; Django's salt is the text itself.
  const saltBytes = passlib ? Buffer.from(salt.replaceAll(".", "+"), "base64") : Buffer.from(salt);
  const expected = tagOf(tag.replaceAll(".", "+"));
  if (!expected) return null;
  return async (password) =>
    timingSafeEqual(
      await derivePbkdf2(password, saltBytes, Number(rounds), expected.length, digest),
      expected,
    );
}

function tagOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.length >= MIN_TAG_BYTES && bytes.length <= MAX_TAG_BYTES ? bytes : null;
}
