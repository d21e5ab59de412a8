/** Whether a call may be answered from the cache, as callers and organizations wish it. Pure. */
import { z } from "zod";
import type { Chat } from "../call/chat.ts";
import { optionOf, saidOf } from "../call/own-options.ts";

export const cacheOption = z
  .strictObject({
    ttl_seconds: z.int().min(60).max(604_800).default(3_600),
    scope: z.enum(["user", "org"]).default("user").meta({
      description:
        "Whose same calls are answered alike: each person's or key's own, or all of the organization's",
    }),
  })
  .meta({ id: "AnswerCache" });
export type CacheOption = z.output<typeof cacheOption>;

type Headers = Record<string, string | string[] | undefined>;

/**
 * `holdfast.cache` (an object, true or false) over `x-holdfast-cache` (`user`, `org`, `off`) with `x-holdfast-cache-ttl`;
 * undefined where the call says nothing, null where it wants none. 400 for what makes no sense.
 */
export function cacheAsked({ body }: Pick<Chat, "body">, headers: Headers): CacheOption | null | undefined {
  const said = saidOf(cacheOption, body, "cache");
  if (said !== undefined) return said;
  const told = headers["x-holdfast-cache"];
  if (told === undefined) return undefined;
  if (told === "off") return null;
  const ttl = headers["x-holdfast-cache-ttl"];
  const option = { scope: told, ...(ttl === undefined ? {} : { ttl_seconds: Number(ttl) }) };
  return optionOf(cacheOption, option, "/x-holdfast-cache");
}
