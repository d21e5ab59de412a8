import { z } from "zod";

/** Payments' slice of the environment. */
export const paymentsConfig = z.object({
  RELAY_PRIVATE_HOSTS: z
    .string()
    .default("")
    .transform(
      (text) =>
        new Set(
          text
            .split(",")
            .map((part) => part.trim())
            .filter(Boolean),
        ),
    )
    .describe(
      "hosts with ports inside this network that the relay may reach, also without TLS; unset in production",
    ),
  RELAY_TIMEOUT_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(60)
    .default(15)
    .describe("a receiver that has not answered by then has failed"),
});

export type PaymentsConfig = z.output<typeof paymentsConfig>;
