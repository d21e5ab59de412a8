import { z } from "zod";

/** The ledger's slice of the environment. */
export const ledgerConfig = z.object({
  SECOND_APPROVAL_MAJOR_UNITS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(500)
    .describe("money that one operator may move by hand, in major units; above it a second one approves"),
  SECOND_APPROVAL_CREDITS: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000_000)
    .default(50_000)
    .describe("the same for credits"),
});

export type LedgerConfig = z.output<typeof ledgerConfig>;
