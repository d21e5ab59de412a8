import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds that a delivery's time may lie beside ours, past or future. */
const TOLERANCE_SECONDS = 300;
const MAX_HEADER_BYTES = 4 * 1024;
const PREFIX = "whsec_";
const BASE64_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

export type MailVerifyFault = "missing" | "too_long" | "malformed" | "no_match" | "too_old" | "too_new";

/** The headers of a delivery that its signature needs. */
export const MAIL_SIGNATURE_HEADERS = ["svix-id", "svix-timestamp", "svix-signature"] as const;

/**
 * Checks the `svix-*` headers over the exact bytes: HMAC-SHA256 of `id.time.body` under the decoded secret, any `v1`
 * against any secret. Returns null when it holds. Every pair is compared in constant time and none is skipped after a
 * match, so the time taken tells neither which secret matched nor how much of one did.
 */
export function verifyMail(
  body: Buffer,
  headers: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
  nowMs: number,
): MailVerifyFault | null {
  const [id, time, list] = MAIL_SIGNATURE_HEADERS.map((name) => headers[name]);
  if (typeof id !== "string" || typeof time !== "string" || typeof list !== "string") return "missing";
  if (Buffer.byteLength(id + time + list) > MAX_HEADER_BYTES) return "too_long";
  const signatures = list
    .split(" ")
    .filter((part) => part.startsWith("v1,") && BASE64_SHA256.test(part.slice(3)))
    .map((part) => Buffer.from(part.slice(3), "base64"));
  if (id === "" || !/^\d{1,12}$/.test(time) || signatures.length === 0) return "malformed";
  let matched = 0;
  for (const secret of secrets) {
    const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, "base64");
    const expected = createHmac("sha256", key).update(`${id}.${time}.`).update(body).digest();
    for (const signature of signatures) matched |= Number(timingSafeEqual(signature, expected));
  }
  if (matched === 0) return "no_match";
  const ageSeconds = Math.floor(nowMs / 1000) - Number(time);
  if (ageSeconds > TOLERANCE_SECONDS) return "too_old";
  return ageSeconds < -TOLERANCE_SECONDS ? "too_new" : null;
}
