import { z } from "zod";
import { instant, int64, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readDrifts } from "./read.ts";

const usd = (description: string) => z.string().meta({ description: `${description}, exact USD` });
const drifts = z
  .object({
    data: z.array(
      z.object({
        provider: z.string(),
        model: z.string(),
        version: z.string().meta({ description: "Of the prices" }),
        state: z
          .enum(["ok", "drifting", "paused"])
          .meta({ description: "More than 2 %, more than 20 % off" }),
        ratio: z.number().meta({ description: "Bill less table over table" }),
        calls: int64,
        billed_usd: usd("What the provider billed for them"),
        table_usd: usd("What the table says of them"),
        model_paused: z.boolean().meta({ description: "Refused until an operator lets it be called again" }),
        judged_at: instant,
      }),
    ),
  })
  .meta({ id: "PriceDriftList" });

/** Operators see which providers bill another price than their tables say. */
export function driftRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    method: "GET",
    path: "/api/admin/llm/drifts",
    id: "listPriceDrifts",
    tag: "Operator",
    summary: "What providers bill beside their tables, by model as last judged; the furthest off first",
    access: { least: "operator" },
    answer: { status: 200, schema: drifts },
    handle: async () => ({ data: await readDrifts(gateway) }),
  });
}
