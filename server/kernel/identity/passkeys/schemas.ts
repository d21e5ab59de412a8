import { z } from "zod";
import { idParam, instant, text } from "../../../platform/http/index.ts";
import { assertionInput, presentRenewed } from "../mfa/schemas.ts";
import { sessionAnswer } from "../schemas.ts";
import type { Passkey } from "./passkey.ts";
import type { Added } from "./register.ts";

const name = text(100);
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, "must be base64url");
const transport = z.enum(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]);

export const passkeyParams = z.object({ id: idParam("pky") });
export const renameInput = z.strictObject({ name });
/** As with assertions, browsers add members, and kinds of transport, that we do not know. */
export const registerInput = z.strictObject({
  name: name.default("Passkey"),
  attestation: z.object({
    id: bytes(1_400),
    response: z.object({
      clientDataJSON: bytes(4_000),
      attestationObject: bytes(20_000),
      transports: z.array(transport).max(10).catch([]).default([]),
    }),
  }),
});
export const optionsInput = z
  .strictObject({
    challenge: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "Of a sign-in that waits for its second factor" }),
  })
  .nullish();
export const passkeyLoginInput = z.strictObject({
  assertion: assertionInput,
  mode: z.enum(["cookie", "token"]).default("cookie"),
});

const passkeyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    synced: z.boolean().meta({ description: "Its maker copies it to the person's other devices" }),
    created_at: instant,
    last_used_at: instant.nullable(),
  })
  .meta({ id: "Passkey" });
export { passkeyAnswer };
export const passkeysAnswer = z.object({ data: z.array(passkeyAnswer) }).meta({ id: "Passkeys" });
export const addedAnswer = z
  .object({
    passkey: passkeyAnswer,
    backup_codes: z
      .array(z.string())
      .nullable()
      .meta({ description: "Ten with a person's first second factor, told once; else null" }),
    session: sessionAnswer.nullable().meta({ description: "The same session under a new secret" }),
  })
  .meta({ id: "NewPasskey" });

const credential = z.object({
  id: z.string(),
  type: z.string(),
  transports: z.array(z.string()).optional(),
});
/** WebAuthn's own JSON: `PublicKeyCredential.parseCreationOptionsFromJSON` reads it. */
export const registrationOptionsAnswer = z
  .object({
    rp: z.object({ id: z.string().optional(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string(),
    pubKeyCredParams: z.array(z.object({ alg: z.int(), type: z.string() })),
    timeout: z.int().optional(),
    excludeCredentials: z.array(credential).optional(),
    authenticatorSelection: z
      .object({
        residentKey: z.string().optional(),
        requireResidentKey: z.boolean().optional(),
        userVerification: z.string().optional(),
      })
      .optional(),
    attestation: z.string().optional(),
  })
  .meta({ id: "PasskeyRegistrationOptions" });
export const assertionOptionsAnswer = z
  .object({
    challenge: z.string(),
    timeout: z.int().optional(),
    rpId: z.string().optional(),
    allowCredentials: z.array(credential).optional(),
    userVerification: z.string().optional(),
  })
  .meta({ id: "PasskeyLoginOptions" });

export const presentPasskey = (passkey: Passkey): z.output<typeof passkeyAnswer> => ({
  id: passkey.id,
  name: passkey.name,
  synced: passkey.synced,
  created_at: passkey.createdAt,
  last_used_at: passkey.lastUsedAt,
});

export const presentAdded = ({ passkey, codes, opened }: Added): z.output<typeof addedAnswer> => ({
  passkey: presentPasskey(passkey),
  backup_codes: codes,
  session: presentRenewed(opened),
});
