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
  STRIPE_TAX: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "whether Stripe Tax works out taxes: on top of a plan's price, in a pack's; PayPal's prices include theirs",
    ),
  PLANS: z
    .string()
    .optional()
    .describe("plans, as JSON like config/plans.json, which counts when unset; PLANS_FILE names a file"),
  STRIPE_BASE_URL: z.url().optional().describe("another place that speaks Stripe's API, e.g. the sandbox"),
  PAYPAL_CLIENT_ID: z
    .string()
    .regex(/^[\w-]{10,200}$/, "must be a client id")
    .optional()
    .describe("client id of the app at PayPal; no payments by PayPal when unset"),
  PAYPAL_CLIENT_SECRET: z.string().min(10).max(200).optional().describe("the client's secret"),
  PAYPAL_WEBHOOK_ID: z
    .string()
    .regex(/^[\w-]{5,60}$/, "must be a webhook id")
    .optional()
    .describe("id that PayPal gave its webhook to /webhooks/paypal"),
  PAYPAL_ACCOUNT_ID: z
    .string()
    .regex(/^paypal_\w{1,60}$/, "must start with paypal_")
    .default("paypal_default")
    .describe("name of the account that the client belongs to"),
  PAYPAL_BASE_URL: z
    .url()
    .default("https://api-m.paypal.com")
    .transform((url) => url.replace(/\/+$/, ""))
    .describe("PayPal's API; https://api-m.sandbox.paypal.com is its test mode"),
  PAYPAL_CERT_HOSTS: z
    .string()
    .default("api.paypal.com,api-m.paypal.com")
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim().toLowerCase())
        .filter(Boolean),
    )
    .refine(
      (hosts) => hosts.length <= 10 && hosts.every((host) => /^[a-z0-9.-]{1,253}(:\d{1,5})?$/.test(host)),
      "must name at most 10 hosts",
    )
    .describe("hosts that PayPal's certificates are fetched from, comma separated"),
  PAYPAL_CERT_ROOTS: z
    .string()
    .max(100_000)
    .regex(/-----BEGIN CERTIFICATE-----/, "must be certificates in PEM")
    .optional()
    .describe("roots that the certificates of PayPal's events end in, PEM; DigiCert's when unset"),
});
