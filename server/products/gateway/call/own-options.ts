/** Options of our own: `holdfast` in the body, or headers `x-holdfast-*`. Never sent upstream. Pure. */
import { bad, isFields, type Chat } from "./chat.ts";

const MAX_PROJECT = 64;

/** What a call was made for: `holdfast.project_id` over `x-holdfast-project`; null where neither says so. */
export function projectOf(
  { body }: Pick<Chat, "body">,
  header: string | string[] | undefined,
): string | null {
  const own = body["holdfast"];
  if (own !== undefined && !isFields(own)) bad("/holdfast", "must be an object");
  const named = (isFields(own) ? own["project_id"] : undefined) ?? header;
  if (named === undefined || named === null) return null;
  if (typeof named !== "string" || named.length === 0 || named.length > MAX_PROJECT)
    return bad("/holdfast/project_id", `must be a text of 1 to ${MAX_PROJECT} characters`);
  return named;
}
