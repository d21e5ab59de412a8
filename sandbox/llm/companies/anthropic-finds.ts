/** What was found in searches of before, as Anthropic takes and refuses it. */
import { refuse, type Refusal } from "../answers/errors.ts";
import { isSealed, opened } from "../play/thought.ts";
import { isObject, type Body } from "../request.ts";

type Refused = { refusal: Refusal };
const bad = (message: string): Refused => refuse(400, message);

const listIn = (value: unknown): Body[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];
const isFind = ({ type }: Body): boolean => type === "web_search_tool_result";

/** Each search has what it found after it, as it went out. */
export function falseFind(messages: readonly unknown[]): Refused | null {
  for (const [at, message] of messages.entries()) {
    const searches = new Set<unknown>();
    for (const [index, block] of listIn(isObject(message) ? message["content"] : null).entries()) {
      const { type, id, name, tool_use_id: of, content } = block;
      const where = `messages.${at}.content.${index}`;
      if (type === "server_tool_use") {
        if (name !== "web_search" || !isObject(block["input"])) return bad(`${where}.input: Field required`);
        searches.add(id);
      }
      if (!isFind(block)) continue;
      if (!searches.delete(of))
        return bad(
          `${where}: unexpected \`tool_use_id\` found in \`web_search_tool_result\` blocks: ${String(of)}. Each \`web_search_tool_result\` block must have a corresponding \`server_tool_use\` block before it.`,
        );
      if (listIn(content).some(({ encrypted_content: sealed }) => !isSealed(String(sealed))))
        return bad(`${where}: Invalid \`encrypted_content\` in \`search_result\` block`);
    }
    const [lost] = searches;
    // The last turn may go on where it was paused.
    if (at < messages.length - 1 && lost !== undefined)
      return bad(
        `messages.${at}: \`web_search\` tool use with id \`${String(lost)}\` was found without a corresponding \`web_search_tool_result\` block`,
      );
  }
  return null;
}

/** They are read again, and paid. */
export const textOfFinds = (blocks: readonly Body[]): string =>
  blocks
    .filter(isFind)
    .flatMap(({ content }) => listIn(content))
    .map(({ encrypted_content: sealed }) => opened(String(sealed)) ?? "")
    .join("\n");
