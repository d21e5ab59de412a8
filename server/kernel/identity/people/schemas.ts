import { z } from "zod";
import { instant, text } from "../../../platform/http/index.ts";
import { email, locale, newPassword, token } from "../schemas.ts";
import type { ShownProfile } from "./profile.ts";

export const passwordInput = z.strictObject({ password: newPassword });
export const resetInput = z.strictObject({ email });
export const resetConfirmInput = z.strictObject({ token, password: newPassword });

const isTimeZone = (name: string): boolean =>
  Intl.supportedValuesOf("timeZone").includes(name) || name === "UTC";
const timeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_+/-]+$/)
  .refine(isTimeZone, "must be a time zone like Europe/Berlin");

export const profileInput = z.strictObject({
  full_name: text(100).optional(),
  locale: locale.optional(),
  time_zone: timeZone.optional(),
  notifications: z.strictObject({ new_device: z.boolean().optional() }).optional(),
  email: email
    .optional()
    .meta({ description: "Asks for a fresh proof; in force once a reader of the new address confirms it" }),
});
export const profileAnswer = z
  .object({
    id: z.string(),
    email: z.string(),
    pending_email: z.string().nullable().meta({ description: "Mailed, not yet confirmed" }),
    email_flagged: z.boolean().meta({ description: "Mail to the address came back or was called spam" }),
    full_name: z.string(),
    locale: z.string(),
    time_zone: z.string(),
    notifications: z.object({
      new_device: z.boolean().meta({ description: "Mail me about sign-ins from devices not seen before" }),
    }),
    has_password: z.boolean(),
    deletion: z
      .object({
        request_id: z.string(),
        state: z.enum(["pending", "scheduled"]),
        scheduled_for: instant.nullable(),
      })
      .nullable(),
    created_at: instant,
  })
  .meta({ id: "Profile" });

export const presentProfile = (profile: ShownProfile): z.output<typeof profileAnswer> => ({
  id: profile.id,
  email: profile.email,
  pending_email: profile.pendingEmail,
  email_flagged: profile.addressFlagged,
  full_name: profile.fullName,
  locale: profile.locale,
  time_zone: profile.timeZone,
  notifications: profile.notifications,
  has_password: profile.hasPassword,
  deletion: profile.deletion && {
    request_id: profile.deletion.id,
    state: profile.deletion.state,
    scheduled_for: profile.deletion.executeAt,
  },
  created_at: profile.createdAt,
});
