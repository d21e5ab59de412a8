import { z } from "zod";
import { text, type Http } from "../../../platform/http/index.ts";
import { modelParams } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { columnOf, LINES, OWN_LINES, type Line, type OwnLine } from "./lines.ts";
import { readModel, setModel } from "./set.ts";
import { setTiers } from "./tiers/set.ts";
import { tierAnswer, tiersSchema } from "./tiers/schemas.ts";

const usd = z.string().meta({
  description: "USD per token, request, second of sound, image or search, exact, as the provider lists it",
});
const prices = Object.fromEntries(
  LINES.map((line) => {
    const note = OWN_LINES[line as OwnLine] as string | undefined;
    return [columnOf(line), note === undefined ? usd : usd.nullable().meta({ description: note })];
  }),
) as { [L in Exclude<Line, OwnLine> as `${L}_usd`]: typeof usd } & {
  [L in OwnLine as `${L}_usd`]: z.ZodNullable<typeof usd>;
};
const image = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullable()
  .meta({ description: "The most an image can count; null: it takes none" });
const sound = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullable()
  .meta({ description: "The most a part of sound can count; null: it takes none, left out: as before" });
const input = z
  .strictObject({
    name: text(200),
    image_tokens: image,
    audio_tokens: sound.optional(),
    paused: z.boolean().meta({ description: "Listed nowhere, refused as unknown" }),
    aliases: z
      .array(
        z
          .string()
          .max(256)
          .regex(/^[\w.:@/-]+$/, "must be a model's id"),
      )
      .max(20)
      .refine((ids) => new Set(ids).size === ids.length, "must not name one twice")
      .meta({ description: "Other ids that callers may use for it" }),
  })
  .meta({ id: "ModelSettings" });
const answer = z
  .object({
    id: z.string(),
    name: z.string(),
    created: z.int(),
    image_tokens: image,
    audio_tokens: sound,
    paused: z.boolean(),
    aliases: z.array(z.string()),
    prices: z.array(
      z.object({
        version: z.string(),
        model: z.string(),
        provider: z.string(),
        upstream_model: z
          .string()
          .nullable()
          .meta({ description: "What the provider calls it; null: as here" }),
        ...prices,
        tiers: z
          .array(tierAnswer)
          .meta({ description: "Of some calls alone, over these; the later ones win" }),
        markup_percent: z.int().meta({ description: "What callers pay on top" }),
        context_length: z.int(),
        max_output_tokens: z.int(),
        thinking: z
          .object({ types: z.array(z.string()), efforts: z.array(z.string()) })
          .nullable()
          .meta({ description: "How it may be asked to think, as the provider lists it; null: not known" }),
      }),
    ),
  })
  .meta({ id: "AdminModel" });

const tiersInput = z
  .strictObject({
    provider: z.string().min(1).max(40).meta({ description: "Whose price of the model it is" }),
    tiers: tiersSchema.meta({
      description: "All of them; where several hold for a call the later ones win, line by line",
    }),
  })
  .meta({ id: "PriceTiers" });
const tiersSet = z
  .object({
    outcome: z.enum(["draft", "unchanged"]),
    version: z.string().nullable().meta({ description: "The draft that waits for a decision" }),
  })
  .meta({ id: "PriceTiersResult" });

/** Operators name models, pause them, and see their prices by provider. */
export function modelAdminRoutes(http: Http, gateway: Gateway): void {
  const shared = {
    tag: "Operator",
    access: { least: "operator" },
    path: "/api/admin/llm/models/:author/:slug",
    params: modelParams,
  } as const;
  http.operation({
    ...shared,
    method: "GET",
    id: "getAdminModel",
    summary: "A model with its active prices by provider",
    answer: { status: 200, schema: answer },
    handle: ({ params: { author, slug } }) => readModel(gateway, `${author}/${slug}`),
  });
  http.operation({
    ...shared,
    method: "PUT",
    id: "setModel",
    summary: "Name a model, give it other ids, pause it",
    body: input,
    answer: { status: 200, schema: answer },
    handle: ({ actor, params: { author, slug }, body }) =>
      setModel(gateway, actor, `${author}/${slug}`, body),
  });
  http.operation({
    ...shared,
    method: "PUT",
    path: "/api/admin/llm/models/:author/:slug/tiers",
    id: "setModelTiers",
    summary: "Make a draft of what a model costs for longer prompts, and in times of the UTC day",
    body: tiersInput,
    answer: { status: 200, schema: tiersSet },
    handle: ({ actor, params: { author, slug }, body }) =>
      setTiers(gateway, actor, `${author}/${slug}`, body),
  });
}
