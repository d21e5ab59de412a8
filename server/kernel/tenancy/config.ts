import { z } from "zod";

const MIN_PEPPER = 32;
const MAX_PEPPERS = 10;

/** Tenancy's slice of the environment. */
export const tenancyConfig = z.object({
  API_KEY_PEPPER: z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine(
      (peppers) => peppers.length <= MAX_PEPPERS && peppers.every((pepper) => pepper.length >= MIN_PEPPER),
      `set ${MIN_PEPPER} or more random characters; to rotate, append a new one after a comma (at most ${MAX_PEPPERS})`,
    )
    .describe(
      "secret under which API keys are hashed; several, comma-separated, oldest first: the last one signs",
    ),
  DNS_URL: z
    .url()
    .default("https://cloudflare-dns.com/dns-query")
    .describe("resolver of TXT records by DNS over HTTPS, for organizations that prove a domain"),
  PRIVATE_ISSUERS: z
    .enum(["refused", "allowed"])
    .default("refused")
    .describe("allowed lets organizations name issuers inside this network; refused in production"),
  INSTALLATION_MODE: z
    .enum(["test", "live"])
    .default("test")
    .describe("test: test keys only, with the companies' test or sandbox accounts; live: live keys only"),
  SEATS_PER_ORGANIZATION: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("members that every organization may have, instead of what its plan says"),
});

/** What tenancy needs of the whole configuration. */
export type TenancyConfig = z.output<typeof tenancyConfig> & {
  readonly BASE_URL: string;
  readonly NODE_ENV: "development" | "test" | "production";
};
