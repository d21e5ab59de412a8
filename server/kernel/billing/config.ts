import { z } from "zod";

const MAX_SECRETS = 5;

export const billingConfig = z.object({
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[rs]k_(test|live)_/, "must start with sk_test_ or sk_live_")
    .describe("secret key of the Stripe account"),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((list) => list.length >= 1 && list.length <= MAX_SECRETS, "must name 1 to 5 signing secrets")
    .describe("signing secrets of the endpoint, comma separated; two while one is rolled"),
  STRIPE_ACCOUNT_ID: z
    .string()
    .regex(/^acct_\w{1,60}$/, "must be an account id, acct_…")
    .default("acct_default")
    .describe("account that the key belongs to"),
  PLANS: z
    .string()
    .optional()
    .describe("plans, as JSON like config/plans.json, which counts when unset; PLANS_FILE names a file"),
  STRIPE_BASE_URL: z.url().optional().describe("another place that speaks Stripe's API, e.g. the sandbox"),
});
