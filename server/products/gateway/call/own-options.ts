/** Options of our own: `holdfast` in the body, or headers `x-holdfast-*`. Never sent upstream. Pure. */
import { bad, isFields, type Chat } from "./chat.ts";

export const MAX_PROJECT = 64;

type Header = string | string[] | undefined;

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
  if (own !== undefined && !isFields(own)) bad("/holdfast", "must be an object");
  const named = (isFields(own) ? own["project_id"] : undefined) ?? header;
  if (named === undefined || named === null) return null;
  if (typeof named !== "string" || named.length === 0 || named.length > MAX_PROJECT)
    return bad("/holdfast/project_id", `must be a text of 1 to ${MAX_PROJECT} characters`);
  return named;
}
