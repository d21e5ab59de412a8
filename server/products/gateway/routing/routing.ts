/** Who may serve a call and in which order, as callers and organizations wish it. */
import { z } from "zod";
import { common, Problem } from "../../../platform/problem.ts";
import type { Chat } from "../call/chat.ts";
import { isFields } from "../call/chat.ts";

export const SORTS = ["balanced", "price", "latency", "health"] as const;

const provider = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must name a provider");
const providers = z.array(provider).max(20);
const usdPerMillion = z.number().nonnegative().max(1_000_000);

export const routing = z
  .strictObject({
    models: z
      .array(z.string().min(1).max(256))
      .max(5)
      .meta({ description: "Tried after the call's own model" }),
    order: providers.meta({ description: "Asked first, in this order" }),
    only: providers,
    ignore: providers,
    sort: z.enum(SORTS),
    max_price: z
      .strictObject({ prompt: usdPerMillion.optional(), completion: usdPerMillion.optional() })
      .meta({ description: "USD per million tokens" }),
    allow_fallbacks: z.boolean(),
    data_collection: z
      .enum(["allow", "deny"])
      .meta({ description: "deny: nobody who keeps prompts to train on them" }),
  })
  .partial()
  .meta({ id: "Routing" });

export type Routing = z.output<typeof routing>;

/** Headers that say the same as the fields of `holdfast.routing`; lists are separated by commas. */
const LISTS = ["models", "order", "only", "ignore"] as const;

type Headers = Record<string, string | string[] | undefined>;

/** The call's own wishes, its body over its headers; null when it has none. 400 for what makes no sense. */
export function routingOf(chat: Pick<Chat, "body">, headers: Headers): Routing | null {
  const own = chat.body["holdfast"];
  const said = isFields(own) ? own["routing"] : undefined;
  const told = fromHeaders(headers);
  if (said === undefined && told === null) return null;
  if (said !== undefined && !isFields(said)) refuse("/holdfast/routing", "must be an object");
  const { success, data, error } = routing.safeParse({ ...told, ...(said as object | undefined) });
  if (success) return data;
  const [issue] = error.issues;
  return refuse(`/holdfast/routing/${issue?.path.join("/") ?? ""}`, issue?.message ?? "is not valid");
}

function fromHeaders(headers: Headers): Record<string, unknown> | null {
  let told: Record<string, unknown> | null = null;
  const tell = (name: string, value: unknown) => void ((told ??= {})[name] = value);
  for (const name of LISTS) {
    const value = headers[`x-holdfast-${name}`];
    if (typeof value === "string")
      tell(
        name,
        value.split(",").map((each) => each.trim()),
      );
  }
  const sort = headers["x-holdfast-sort"];
  if (sort !== undefined) tell("sort", sort);
  const fallbacks = headers["x-holdfast-allow-fallbacks"];
  if (fallbacks !== undefined)
    tell("allow_fallbacks", fallbacks === "true" ? true : fallbacks === "false" ? false : fallbacks);
  const collection = headers["x-holdfast-data-collection"];
  if (collection !== undefined) tell("data_collection", collection);
  return told;
}

function refuse(pointer: string, detail: string): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
}
