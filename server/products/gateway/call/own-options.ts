/** Options of our own: `holdfast` in the body, or headers `x-holdfast-*`. Never sent upstream. Pure. */
import type { z } from "zod";
import { bad, isFields, type Chat } from "./chat.ts";

export const MAX_PROJECT = 64;

type Header = string | string[] | undefined;

const OPTIONS = new Set(["fit", "project_id", "routing", "cache", "compression", "memory"]);

/** 400 for what is no option of ours: misspelt, it would be a wish that nobody heeds. */
export function checkOwn({ body }: Pick<Chat, "body">): void {
  const own = body["holdfast"];
  if (own === undefined || own === null) return;
  if (!isFields(own)) return bad("/holdfast", "must be an object");
  for (const name of Object.keys(own)) if (!OPTIONS.has(name)) bad(`/holdfast/${name}`, "is not an option");
}

/** `holdfast.fit` over `x-holdfast-fit`: an answer shorter than asked for rather than a refusal for its price. */
export function fitOf({ body }: Pick<Chat, "body">, header: Header): boolean {
  const own = body["holdfast"];
  const asked = (isFields(own) ? own["fit"] : undefined) ?? header;
  if (asked === undefined || asked === null || asked === false || asked === "false") return false;
  if (asked === true || asked === "true") return true;
  return bad("/holdfast/fit", "must be true or false");
}

/** What a call was made for: `holdfast.project_id` over `x-holdfast-project`; null where neither says so. */
export function projectOf({ body }: Pick<Chat, "body">, header: Header): string | null {
  const own = body["holdfast"];
  const named = (isFields(own) ? own["project_id"] : undefined) ?? header;
  if (named === undefined || named === null) return null;
  if (typeof named !== "string" || named.length === 0 || named.length > MAX_PROJECT)
    return bad("/holdfast/project_id", `must be a text of 1 to ${MAX_PROJECT} characters`);
  return named;
}

/** What the body says of an option: undefined nothing, null that it be off, `true` that it be as it is by default. */
export function saidOf<T>(schema: z.ZodType<T>, body: Chat["body"], name: string): T | null | undefined {
  const own = body["holdfast"];
  const said = isFields(own) ? own[name] : undefined;
  if (said === undefined) return undefined;
  if (said === false || said === null) return null;
  return optionOf(schema, said === true ? {} : said, `/holdfast/${name}`);
}

/** 400 with the field at fault for what the schema does not take. */
export function optionOf<T>(schema: z.ZodType<T>, value: unknown, pointer: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  return bad([pointer, ...(issue?.path ?? [])].join("/"), issue?.message ?? "is not valid");
}
