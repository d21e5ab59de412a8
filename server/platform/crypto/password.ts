import { randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { Problem, common } from "../problem.ts";
import { argon2id } from "./argon.ts";
import { readForeignHash } from "./foreign-password.ts";

const MEMORY_KIB = 19 * 1024;
const PASSES = 2;
const TAG_BYTES = 32;
const MAX_WAITING = 64;

/** A core is left to those who are signed in. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);

let running = 0;
const waiting: (() => void)[] = [];

/** One on each core but one, 64 waiting, then 503. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MAX_WAITING) throw new Problem(common.overloaded, { retryAfter: 1 });
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

/** argon2id, 19 MiB, two passes. */
function derive(password: string, nonce: Buffer, memory: number, passes: number): Promise<Buffer> {
  const message = Buffer.from(password.normalize("NFKC"));
  const parameters = { message, nonce, parallelism: 1, tagLength: TAG_BYTES, memory, passes };
  return inTurn(() => argon2id(parameters));
}

/** The same slow work on a code that was given out at random, under a salt that the caller keeps. */
export const slowHash = (text: string, salt: Buffer): Promise<Buffer> =>
  derive(text, salt, MEMORY_KIB, PASSES);

/** `$argon2id$v=19$m=…,t=…,p=1$salt$tag` */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive(password, nonce, MEMORY_KIB, PASSES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${plain(nonce)}$${plain(tag)}`;
}

const SHAPE = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([\w+/]+)\$([\w+/]{43})$/;
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${plain(Buffer.alloc(16))}$${plain(Buffer.alloc(TAG_BYTES))}`;

/**
 * False for a wrong password and, after the same work, for `null` (no such person). Hashes that other programs made are
 * checked their way: `isOurs` tells which to replace.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const match = SHAPE.exec(stored ?? NOBODY);
  if (!match) {
    const check = readForeignHash(stored ?? "");
    if (!check) throw new Error("unreadable password hash");
    return inTurn(() => check(password));
  }
  const [, memory, passes, nonce = "", tag = ""] = match;
  const derived = await derive(password, Buffer.from(nonce, "base64"), Number(memory), Number(passes));
  const expected = Buffer.from(tag, "base64");
  if (timingSafeEqual(derived, expected)) return stored !== null;
  // An imported argon2id hash looks like ours, but was made of the text as typed.
  if (stored === null || password.normalize("NFKC") === password) return false;
  return (await readForeignHash(stored)?.(password)) ?? false;
}

/** True for a hash that `hashPassword` makes today; any other is replaced when its password is next proven. */
export const isOurs = (stored: string): boolean =>
  stored.startsWith(`$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$`) && SHAPE.test(stored);

function plain(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
