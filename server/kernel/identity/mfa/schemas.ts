import { z } from "zod";
import { instant } from "../../../platform/http/index.ts";
import { sessionAnswer, presentSession } from "../schemas.ts";
import type { OpenedSession } from "../sessions/session.ts";
import type { MfaChallenge } from "./challenge.ts";
import type { Enrollment } from "./enroll.ts";
import type { Shown } from "./prove.ts";
import type { MfaStatus } from "./status.ts";

const code = z.string().min(1).max(32);
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, "must be base64url");

/** What browsers make of a passkey's signature. They add members of their own, which are left out. */
export const assertionInput = z
  .object({
    id: bytes(1_400),
    response: z.object({
      clientDataJSON: bytes(4_000),
      authenticatorData: bytes(4_000),
      signature: bytes(2_000),
    }),
  })
  .meta({ id: "PasskeyAssertion" });

export const confirmInput = z.strictObject({ code: z.string().regex(/^\d{6}$/, "must be six digits") });

/** A code or an assertion, as the method asks. */
export const secondFactorInput = z
  .strictObject({
    challenge: z.string().min(1).max(200),
    method: z.enum(["totp", "backup_code", "passkey"]),
    code: code.optional(),
    assertion: assertionInput.optional(),
  })
  .refine(({ method, code: typed }) => method === "passkey" || typed !== undefined, {
    path: ["code"],
    message: "is needed for this method",
  })
  .refine(({ method, assertion }) => method !== "passkey" || assertion !== undefined, {
    path: ["assertion"],
    message: "is needed for this method",
  });

/** What was shown; the schema has seen that it is there. */
export function readShown({ method, code: typed, assertion }: z.output<typeof secondFactorInput>): Shown {
  if (method === "passkey") return { method, assertion: assertion! };
  return { method, code: typed!.replaceAll(/\s/g, "") };
}

const factor = z.enum(["totp", "passkey"]);

export const mfaChallengeAnswer = z
  .object({
    mfa_required: z.literal(true),
    challenge: z.string().meta({ description: "Send it with the second factor, within five minutes" }),
    methods: z.array(z.enum(["totp", "passkey", "backup_code"])),
    expires_in: z.int(),
  })
  .meta({ id: "MfaChallenge" });
export const mfaStatusAnswer = z
  .object({
    enabled: z.boolean(),
    methods: z.array(factor),
    must_enroll: z.boolean().meta({ description: "Everything else waits until a second factor is set up" }),
    totp_confirmed_at: instant.nullable(),
    backup_codes_left: z.int(),
  })
  .meta({ id: "MfaStatus" });
export const enrollmentAnswer = z
  .object({
    secret: z.string().meta({ description: "Base32, for apps that cannot scan" }),
    otpauth_uri: z.string(),
    qr_svg: z.string(),
    expires_at: instant,
  })
  .meta({ id: "MfaEnrollment" });
const backupCodes = z.array(z.string()).length(10);
export const codesAnswer = z
  .object({ backup_codes: backupCodes.meta({ description: "Told once" }) })
  .meta({ id: "BackupCodes" });
export const confirmedAnswer = z
  .object({
    backup_codes: backupCodes.meta({ description: "Told once" }),
    session: sessionAnswer.nullable().meta({ description: "The same session under a new secret" }),
  })
  .meta({ id: "MfaEnabled" });

export const presentMfaChallenge = (made: MfaChallenge): z.output<typeof mfaChallengeAnswer> => ({
  mfa_required: true,
  challenge: made.challenge,
  methods: [...made.methods],
  expires_in: made.expiresInSeconds,
});

export const presentStatus = (
  { factors, totpConfirmedAt, codesLeft }: MfaStatus,
  mustEnroll: boolean,
): z.output<typeof mfaStatusAnswer> => ({
  enabled: factors.length > 0,
  methods: [...factors],
  must_enroll: mustEnroll,
  totp_confirmed_at: totpConfirmedAt,
  backup_codes_left: codesLeft,
});

export const presentEnrollment = (made: Enrollment): z.output<typeof enrollmentAnswer> => ({
  secret: made.secret,
  otpauth_uri: made.uri,
  qr_svg: made.qrSvg,
  expires_at: made.expiresAt,
});

export const presentRenewed = (opened: OpenedSession | null) => opened && presentSession(opened.session);
