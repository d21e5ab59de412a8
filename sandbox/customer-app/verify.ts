/** How a customer checks what arrives: Standard Webhooks, HMAC-SHA256 over `id.seconds.body`. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const TOLERANCE_SECONDS = 300;

export type Fault = "missing" | "no_match" | "too_old" | "too_new";

/** Null when any signature of the list is right and the time is near. */
export function verify(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secret: string,
  nowSeconds: number,
): Fault | null {
  const [id, time, list] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (name) => headers[name],
  );
  if (typeof id !== "string" || typeof time !== "string" || typeof list !== "string") return "missing";
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${time}.`).update(body).digest();
  const signed = list.split(" ").some((part) => {
    const given = Buffer.from(part.startsWith("v1,") ? part.slice(3) : "", "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!signed) return "no_match";
  const age = nowSeconds - Number(time);
  if (age > TOLERANCE_SECONDS) return "too_old";
  return age < -TOLERANCE_SECONDS ? "too_new" : null;
}
