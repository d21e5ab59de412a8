import { z } from "zod";
import { instant, int64, type Http } from "../../../platform/http/index.ts";
import { usageFilters } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { readWhatIf } from "./read.ts";

const query = z.strictObject({
  ...usageFilters,
  to_model: z.string().max(256).optional().meta({ description: "All of it on this model" }),
  to_version: z.string().max(120).optional().meta({ description: "Each model at its price in this version" }),
});
const answer = z
  .object({
    data: z.array(
      z.object({
        model: z.string(),
        requests: z.int(),
        input_tokens: int64.meta({ description: "Cached ones included" }),
        output_tokens: int64,
        cost_micros: int64.meta({ description: "As it was charged" }),
        repriced_micros: int64
          .nullable()
          .meta({ description: "At the other price; null where there is none" }),
      }),
    ),
    totals: z.object({
      cost_micros: int64,
      repriced_micros: int64.meta({ description: "Without another price: as it was charged" }),
    }),
    versions: z
      .array(z.object({ version: z.string(), provider: z.string(), state: z.enum(["active", "retired"]) }))
      .meta({ description: "Of prices, that may be named" }),
    as_of: instant,
  })
  .meta({ id: "UsageWhatIf" });

/** What usage would have cost on another model, or at another version of prices. */
export function whatIfRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    method: "GET",
    path: "/api/tokens/usage/what-if",
    id: "getUsageWhatIf",
    tag: "Tokens",
    summary: "Usage by model, as it was charged and as it would be on another model or price version",
    access: { least: "viewer", scope: "gateway.use" },
    query,
    answer: { status: 200, schema: answer },
    handle: ({ actor, query: asked }) => readWhatIf(gateway, actor, asked),
  });
}
