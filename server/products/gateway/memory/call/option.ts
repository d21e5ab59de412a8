/** Whether a call may use its caller's memory, as callers, people and organizations wish it. Pure. */
import { z } from "zod";
import { bad, isFields, type Chat } from "../../call/chat.ts";

export const SCOPES = ["user", "project"] as const;
export const memoryOption = z
  .strictObject({
    scope: z.enum(SCOPES).default("user").meta({
      description: "Always the caller's own: what is kept of all their calls, or of one project's alone",
    }),
  })
  .meta({ id: "LlmMemory" });
export type MemoryOption = z.output<typeof memoryOption>;
export type Scope = MemoryOption["scope"];

type Headers = Record<string, string | string[] | undefined>;

/**
 * `holdfast.memory` (an object, true or false) over `x-holdfast-memory` (`user`, `project`, `off`); undefined where the call
 * says nothing, null where it wants none. 400 for what makes no sense.
 */
export function memoryAsked({ body }: Pick<Chat, "body">, headers: Headers): MemoryOption | null | undefined {
  const own = body["holdfast"];
  const said = isFields(own) ? own["memory"] : undefined;
  if (said === false || said === null) return null;
  if (said !== undefined) return optionOf(said === true ? {} : said, "/holdfast/memory");
  const told = headers["x-holdfast-memory"];
  if (told === undefined) return undefined;
  return told === "off" ? null : optionOf({ scope: told }, "/x-holdfast-memory");
}

function optionOf(value: unknown, pointer: string): MemoryOption {
  const { success, data, error } = memoryOption.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  return bad([pointer, ...(issue?.path ?? [])].join("/"), issue?.message ?? "is not valid");
}
