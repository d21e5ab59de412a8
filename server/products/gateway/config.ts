import { z } from "zod";

/** The gateway's slice of the environment. */
export const gatewayConfig = z.object({
  OPENROUTER_API_KEY: z.string().min(1).describe("key of the language-model provider"),
  OPENROUTER_BASE_URL: z
    .url()
    .default("https://openrouter.ai/api/v1")
    .transform((url) => url.replace(/\/+$/, ""))
    .describe("where the provider is reached"),
  GATEWAY_HOLD_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(3)
    .max(3_600)
    .default(90)
    .describe("a call whose process died is settled this long after its last sign of life"),
  GATEWAY_MAX_UPSTREAM_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_100)
    .describe("calls held open at the provider at once; further ones are answered 503"),
});
