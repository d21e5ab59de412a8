/**
 * What Anthropic searched and found, as its own blocks, beside a chat's message: `finds` holds them, sealed as they came, and the
 * order in which they stand among thoughts, calls and pieces of the text. Pure.
 */
import { asList, isFields, type Fields } from "./values.ts";

/** A number: so many characters of the text. */
type Place = number | "thought" | "call" | "find";
export type Finds = {
  blocks: Fields[];
  order: Place[];
  /** Of an answer: it goes on where it is sent again as it is. */
  paused?: true;
};

const PAUSED = "pause_turn";
export const pausedBy = (reason: unknown): Pick<Finds, "paused"> =>
  reason === PAUSED ? { paused: true } : {};

const FINDS = new Set<unknown>(["server_tool_use", "web_search_tool_result"]);

/** The block as it is sent again; null for one that is no search of the web. */
export function findOf(block: Fields): Fields | null {
  const { type, id, name, input, tool_use_id, content } = block;
  if (type === "server_tool_use")
    return typeof id === "string" && name === "web_search" && isFields(input)
      ? { type, id, name, input }
      : null;
  if (type !== "web_search_tool_result" || typeof tool_use_id !== "string") return null;
  if (isFields(content)) {
    const { type: kind, error_code } = content;
    if (kind !== "web_search_tool_result_error" || typeof error_code !== "string") return null;
    return { type, tool_use_id, content: { type: kind, error_code } };
  }
  if (!Array.isArray(content)) return null;
  const pages = (content as unknown[]).map(pageOf);
  return pages.includes(null) ? null : { type, tool_use_id, content: pages };
}

function pageOf(page: unknown): Fields | null {
  if (!isFields(page) || page["type"] !== "web_search_result") return null;
  const { type, url, title, encrypted_content, page_age = null } = page;
  const texts = [url, title, encrypted_content];
  if (!texts.every((text) => typeof text === "string")) return null;
  return { type, url, title, encrypted_content, page_age: typeof page_age === "string" ? page_age : null };
}

/** Of a message's blocks; null where it found nothing. */
export function findsOf(blocks: readonly Fields[]): Finds | null {
  const finds: Finds = { blocks: [], order: [] };
  for (const block of blocks) {
    const find = FINDS.has(block["type"]) ? findOf(block) : null;
    if (find) finds.blocks.push(find);
    const place = find ? "find" : placeOf(block);
    if (place !== null) finds.order.push(place);
  }
  return finds.blocks.length === 0 ? null : finds;
}

function placeOf({ type, text }: Fields): Place | null {
  if (type === "thinking" || type === "redacted_thinking") return "thought";
  if (type === "tool_use") return "call";
  return type === "text" && typeof text === "string" && text !== "" ? text.length : null;
}

type Said<T> = { thoughts: readonly T[]; calls: readonly T[]; text: string };

/**
 * All that a message says, in the order that its finds know; without any, thoughts, text and calls. What they do not know of comes
 * last. `textOf` is given a piece and where it begins.
 */
export function inOrder<T>(
  finds: unknown,
  { thoughts, calls, text }: Said<T>,
  make: { text(piece: string, start: number): readonly T[]; find(block: Fields): T },
): T[] {
  const { order, blocks } = readFinds(finds);
  const rest = { thought: [...thoughts], call: [...calls], find: blocks.map(make.find) };
  let at = 0;
  const piece = (length: number): readonly T[] => {
    const said = text.slice(at, at + length);
    at += said.length;
    return said === "" ? [] : make.text(said, at - said.length);
  };
  const placed = order.flatMap((place) =>
    typeof place === "number" ? piece(place) : rest[place].splice(0, 1),
  );
  return [...placed, ...rest.find, ...rest.thought, ...piece(text.length), ...rest.call];
}

/** Whoever wrote them: no other blocks are said, and no other places. */
function readFinds(finds: unknown): Finds {
  if (!isFields(finds) || !Array.isArray(finds["order"])) return { blocks: [], order: [] };
  const known = (place: unknown): place is Place =>
    place === "thought" ||
    place === "call" ||
    place === "find" ||
    (Number.isSafeInteger(place) && Number(place) > 0);
  return {
    blocks: asList(finds["blocks"])
      .map(findOf)
      .filter((block) => block !== null),
    order: (finds["order"] as unknown[]).filter(known),
  };
}
