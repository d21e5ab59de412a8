/** Codes of authenticator apps: RFC 6238 with SHA-1, 6 digits, 30 seconds, which is what every app understands. */
import { randomBytes } from "node:crypto";
import { HOTP, Secret, TOTP } from "otpauth";
import { renderSVG } from "uqr";

const DIGITS = 6;
const STEP_MS = 30_000;
/** As long as SHA-1's output (RFC 4226, 4). */
const SECRET_BYTES = 20;
/** Steps before and after the present one, for clocks that differ. */
const WINDOW = 1;

export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES);

const toSecret = (secret: Buffer): Secret => new Secret({ buffer: new Uint8Array(secret).buffer });

/** The secret as people type it. */
export const base32 = (secret: Buffer): string => toSecret(secret).base32;

const stepAt = (at: Date): number => Math.floor(at.getTime() / STEP_MS);

export const totpCode = (secret: Buffer, at: Date, digits = DIGITS): string =>
  HOTP.generate({ secret: toSecret(secret), counter: stepAt(at), digits });

/** The step whose code this is, of the present one and its neighbours; null when it is none of theirs. */
export function stepOf(secret: Buffer, code: string, now: Date): number | null {
  const present = stepAt(now);
  const delta = HOTP.validate({
    token: code,
    secret: toSecret(secret),
    digits: DIGITS,
    counter: present,
    window: WINDOW,
  });
  return delta === null ? null : present + delta;
}

/** What an authenticator app reads: the address, and the same as a picture. */
export function totpLabel(
  secret: Buffer,
  { issuer, account }: { issuer: string; account: string },
): { uri: string; qrSvg: string } {
  const uri = new TOTP({ issuer, label: account, secret: toSecret(secret), digits: DIGITS }).toString();
  // Four modules of quiet zone, as scanners expect.
  return { uri, qrSvg: renderSVG(uri, { ecc: "M", border: 4, pixelSize: 4 }) };
}
