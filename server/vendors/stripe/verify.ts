import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds that an event's time may lie beside ours, past or future. */
const TOLERANCE_SECONDS = 300;
const MAX_HEADER_BYTES = 4 * 1024;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

export type VerifyFault = "missing" | "too_long" | "malformed" | "no_match" | "too_old" | "too_new";

/**
 * Checks a `Stripe-Signature` header over the exact bytes: HMAC-SHA256 of `t.body`, any `v1` against any secret. Returns
 * null when it holds. Every pair is compared in constant time and none is skipped after a match, so the time taken tells
 * neither which secret matched nor how much of one did.
 */
export function verifyStripe(
  body: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  nowMs: number,
): VerifyFault | null {
  if (header === undefined) return "missing";
  if (Buffer.byteLength(header) > MAX_HEADER_BYTES) return "too_long";
  let time: string | null = null;
  const signatures: Buffer[] = [];
  for (const part of header.split(",")) {
    const at = part.indexOf("=");
    const [key, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (key === "t") time = value;
    else if (key === "v1" && HEX_SHA256.test(value)) signatures.push(Buffer.from(value, "hex"));
  }
  if (time === null || !/^\d{1,12}$/.test(time) || signatures.length === 0) return "malformed";
  let matched = 0;
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(`${time}.`).update(body).digest();
    for (const signature of signatures) matched |= Number(timingSafeEqual(signature, expected));
  }
  if (matched === 0) return "no_match";
  const ageSeconds = Math.floor(nowMs / 1000) - Number(time);
  if (ageSeconds > TOLERANCE_SECONDS) return "too_old";
  return ageSeconds < -TOLERANCE_SECONDS ? "too_new" : null;
}
