/** Whether a long prompt is shortened, and by how much, as callers, keys and organizations wish it. Pure. */
import { z } from "zod";
import type { Chat } from "../call/chat.ts";
import { optionOf, saidOf } from "../call/own-options.ts";

const DEFAULTS = { trigger_percent: 85, target_percent: 70, keep_last: 6 };

export const compressionOption = z
  .strictObject({
    trigger_percent: z
      .int()
      .min(10)
      .max(100)
      .default(DEFAULTS.trigger_percent)
      .meta({ description: "Of the model's window: longer prompts are shortened" }),
    target_percent: z
      .int()
      .min(5)
      .max(95)
      .default(DEFAULTS.target_percent)
      .meta({ description: "Of the model's window: to no more than this; below trigger_percent" }),
    keep_last: z
      .int()
      .min(1)
      .max(100)
      .default(DEFAULTS.keep_last)
      .meta({ description: "So many messages at the end stay as they are" }),
  })
  .refine(({ trigger_percent: trigger, target_percent: target }) => target < trigger, {
    path: ["target_percent"],
    message: "must be below trigger_percent",
  })
  .meta({ id: "Compression" });
export type CompressionOption = z.output<typeof compressionOption>;

/**
 * `holdfast.compression` (an object, true or false) over `x-holdfast-compression` (`on`, `off`); undefined where the call says
 * nothing, null where it wants none. 400 for what makes no sense.
 */
export function compressionAsked(
  { body }: Pick<Chat, "body">,
  headers: Record<string, string | string[] | undefined>,
): CompressionOption | null | undefined {
  const said = saidOf(compressionOption, body, "compression");
  if (said !== undefined) return said;
  const told = headers["x-holdfast-compression"];
  if (told === undefined) return undefined;
  if (told === "off") return null;
  return optionOf(compressionOption, told === "on" ? {} : told, "/x-holdfast-compression");
}
