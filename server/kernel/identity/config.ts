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
  AUTH_LIMITS: z.enum(["on", "off"]).default("on").describe("off is for tests; refused in production"),
});

/** What identity needs of the whole configuration. */
export type IdentityConfig = z.output<typeof identityConfig> & {
  readonly BASE_URL: string;
  readonly NODE_ENV: "development" | "test" | "production";
};
