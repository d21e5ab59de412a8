import { z } from "zod";
import { text } from "../../../platform/http/index.ts";
import { email, locale, newPassword, token, userAnswer } from "../schemas.ts";

export const registerInput = z.strictObject({
  email,
  password: newPassword,
  full_name: text(100),
  locale: locale.default("en"),
  invitation_token: token.optional().meta({ description: "Of a mailed invitation; proves its own address" }),
});
export const registerAnswer = z.object({ status: z.literal("verification_sent") });
export const verifyInput = z.strictObject({
  token,
  password: newPassword.optional().meta({
    description: "That of the registration; asked for in another browser than the one that registered",
  }),
});
export const verifyAnswer = z.object({
  purpose: z.enum(["verify", "new_address", "undo_address", "cancel_mfa_reset"]),
  user: userAnswer,
});
export const addressInput = z.strictObject({ email });
