import { createHash, createHmac, randomInt, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` random base62 characters; 43 of them hold 256 bits. */
export function newToken(length = 43): string {
  let text = "";
  for (let i = 0; i < length; i += 1) text += BASE62[randomInt(62)];
  return text;
}

/** What is stored of an opaque random token. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

export const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** Six base62 characters of CRC-32: a mistyped key is known without a query. */
export function checksum(text: string): string {
  let value = crc32(text);
  let digits = "";
  for (let i = 0; i < 6; i += 1) {
    digits = BASE62[value % 62] + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}

/** Constant-time comparison of texts; lengths may be told apart. */
export function safeEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
