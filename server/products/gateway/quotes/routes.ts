import { z } from "zod";
import { int64, type Http } from "../../../platform/http/index.ts";
import { CALL_PATHS } from "../dialects/doors.ts";
import { presentStanding, standingAnswer } from "../limits/schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { quote, type QuotedCompression } from "./quote.ts";

const PER_MINUTE = 60;
const BODY_LIMIT = 8 * 1024 * 1024;

const input = z.strictObject({
  path: z.enum(CALL_PATHS),
  body: z.record(z.string(), z.unknown()).meta({ description: "As the call itself would send it" }),
});
const answer = z
  .object({
    route: z.object({ model: z.string(), provider: z.string(), stream: z.boolean() }),
    price_version: z.string(),
    prompt_tokens: z.int().meta({ description: "At most" }),
    counted: z.boolean().meta({ description: "False where a part of the prompt stays at its bytes" }),
    max_output_tokens: z.int().meta({ description: "Of all choices" }),
    compression: z
      .object({
        state: z
          .enum(["applied", "skipped"])
          .meta({ description: "`skipped`: the prompt is cheaper as it is" }),
        tokens_before: z.int().nullable(),
        tokens_after: z.int().nullable().meta({ description: "At most" }),
        messages_left_out: z.int(),
        outputs_left_out: z.int().meta({ description: "Of tools, whose messages stay" }),
        summary: z.enum(["new", "kept", "none"]).meta({
          description:
            "What stands for messages left out; a kept one costs nothing. `none` also where one is too dear beside the call",
        }),
        summary_worst_micros: int64,
      })
      .nullable()
      .meta({ description: "How the prompt would be shortened; null: it goes as it is" }),
    worst_micros: int64.meta({ description: "With the summary, where a new one would be made" }),
    worst_usd: z.string(),
    available_micros: int64,
    affordable: z.boolean(),
    limits: z.array(standingAnswer),
  })
  .meta({ id: "Quote" });

const presentCompression = (told: QuotedCompression) => ({
  state: told.state,
  tokens_before: told.tokensBefore,
  tokens_after: told.tokensAfter,
  messages_left_out: told.messagesLeftOut,
  outputs_left_out: told.outputsLeftOut,
  summary: told.summary,
  summary_worst_micros: told.summaryMicros,
});

/** The worst cost first. */
export function quoteRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    method: "POST",
    path: "/api/llm/quote",
    id: "quoteCall",
    tag: "Models",
    summary: "The most that a call can cost, and what binds it; spends nothing",
    access: { least: "agent", permission: "gateway.use" },
    limit: { name: "quotes", perMinute: PER_MINUTE },
    bodyLimit: BODY_LIMIT,
    body: input,
    answer: { status: 200, schema: answer },
    async handle({ actor, body }) {
      const quoted = await quote(gateway, actor, body);
      const { model, bound } = quoted;
      return {
        route: { model: model.id, provider: quoted.provider, stream: quoted.stream },
        price_version: model.price.version,
        prompt_tokens: bound.promptTokens,
        counted: quoted.counted,
        max_output_tokens: bound.outputTokens,
        compression: quoted.compression && presentCompression(quoted.compression),
        worst_micros: quoted.worstMicros,
        worst_usd: quoted.worstUsd,
        available_micros: quoted.availableMicros,
        affordable: quoted.worstMicros <= quoted.availableMicros,
        limits: quoted.limits.map(presentStanding),
      };
    },
  });
}
