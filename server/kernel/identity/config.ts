import { z } from "zod";

/** Identity's slice of the environment. */
export const identityConfig = z.object({
  SETUP_TOKEN: z
    .string()
    .min(32)
    .optional()
    .describe("opens POST /api/admin/setup until the first operator exists; closed when unset"),
  SESSION_IDLE_MINUTES: z.coerce
    .number()
    .int()
    .min(5)
    .max(30)
    .default(30)
    .describe("minutes without a call after which a session ends"),
  SESSION_HOURS: z.coerce.number().int().min(1).max(12).default(12).describe("hours a session lasts at most"),
  OPERATOR_MFA: z
    .enum(["required", "optional"])
    .default("required")
    .describe("optional lets operators in without a second factor; refused in production"),
  REGISTRATION: z
    .enum(["open", "invite", "closed"])
    .default("invite")
    .describe("who may make an account: anyone, who was invited, nobody"),
  GOOGLE_CLIENT_ID: z.string().min(1).optional().describe("sign-in with Google; off when unset"),
  GOOGLE_CLIENT_SECRET: z.string().min(1).optional().describe("of that client"),
  GOOGLE_ISSUER: z.url().default("https://accounts.google.com").describe("Google's issuer"),
  GITHUB_CLIENT_ID: z.string().min(1).optional().describe("sign-in with GitHub; off when unset"),
  GITHUB_CLIENT_SECRET: z.string().min(1).optional().describe("of that client"),
  GITHUB_LOGIN_URL: z
    .url()
    .default("https://github.com")
    .describe("where GitHub asks people; another one for GitHub Enterprise"),
  GITHUB_API_URL: z.url().default("https://api.github.com").describe("GitHub's API"),
  SIGN_IN_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(30_000)
    .default(5_000)
    .describe("milliseconds that another company has to answer a call of a sign-in"),
  AUTH_LIMITS: z.enum(["on", "off"]).default("on").describe("off is for tests; refused in production"),
});

/** What identity needs of the whole configuration. */
export type IdentityConfig = z.output<typeof identityConfig> & {
  readonly BASE_URL: string;
  readonly NODE_ENV: "development" | "test" | "production";
};
