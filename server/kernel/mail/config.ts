import { z } from "zod";

const MAX_SECRETS = 5;

/** Mail's slice of the environment. */
export const mailConfig = z.object({
  RESEND_API_KEY: z
    .string()
    .regex(/^re_/, "must start with re_")
    .describe("key of the mail company, Resend; one that only sends is enough"),
  RESEND_WEBHOOK_SECRET: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((list) => list.length >= 1 && list.length <= MAX_SECRETS, "must name 1 to 5 signing secrets")
    .refine(
      (list) => list.every((secret) => /^whsec_[A-Za-z0-9+/=]{16,}$/.test(secret)),
      "must start with whsec_",
    )
    .describe("signing secrets of its webhook to /webhooks/resend, comma separated; two while one is rolled"),
  RESEND_BASE_URL: z.url().optional().describe("another place that speaks Resend's API, e.g. the sandbox"),
  MAIL_FROM: z
    .string()
    .max(320)
    .regex(/^(?:[^<>\r\n"]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, "must be Name <you@example.com>")
    .describe("sender of all mails, on a domain that the mail company has verified"),
  MAIL_TOKEN_SECRET: z
    .string()
    .min(32, "must have 32 or more characters")
    .describe(
      "secret from which the tokens in mailed links are derived; changing it voids links on their way",
    ),
  MAIL_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe("mails handed to the company in one second, by all processes together"),
});
