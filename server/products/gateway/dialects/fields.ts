/** Reading what callers and providers send, for those who translate it. Pure. */
import { bad, isFields, type Fields } from "../call/chat.ts";
import { chunkOf } from "../../../vendors/llm/index.ts";

export { bad, isFields, unpriced, type Fields } from "../call/chat.ts";

export const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === "string" ? value : otherwise;

export const listOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isFields) : [];

/** 400 unless it is a text. */
export function textAt(value: unknown, pointer: string): string {
  return typeof value === "string" ? value : bad(pointer, "must be a text");
}

/** 400 unless it is an object. */
export function fieldsAt(value: unknown, pointer: string): Fields {
  return isFields(value) ? value : bad(pointer, "must be an object");
}

/** 400 unless it is a list of objects. */
export function listAt(value: unknown, pointer: string, most: number): Fields[] {
  if (!Array.isArray(value)) return bad(pointer, "must be a list");
  if (value.length > most) bad(pointer, `must hold at most ${most}`);
  return (value as unknown[]).map((each, at) => fieldsAt(each, `${pointer}/${at}`));
}

const MOST_NAMED = 20;

/** The caller's fields that are neither taken over nor looked at, as a header can name them. */
export function namesOfRest(body: Fields, known: ReadonlySet<string>): string[] {
  return Object.keys(body)
    .filter((name) => !known.has(name) && body[name] !== null && /^[\w.-]{1,64}$/.test(name))
    .slice(0, MOST_NAMED);
}

/** The members that are there and not null. */
export function present(body: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.flatMap((name) => (body[name] === undefined || body[name] === null ? [] : [[name, body[name]]])),
  );
}

/** The first choice of one event of a chat. */
export type Heard = { delta: Fields; finish: string | null; model: string | null };

/** Null for an event that brings no choice. */
export function hear(event: Buffer): Heard | null {
  const chunk = chunkOf(event);
  const [choice] = listOf(chunk?.["choices"]);
  if (!choice) return null;
  return {
    delta: isFields(choice["delta"]) ? choice["delta"] : {},
    finish: textOr(choice["finish_reason"], null),
    model: textOr(chunk?.["model"], null),
  };
}

/** A whole answer of a chat, as far as it is translated. It was read before, so it holds choices with messages. */
export type Whole = { message: Fields; finish: string | null; model: string | null };

export function wholeOf(body: Buffer): Whole {
  const answer = JSON.parse(body.toString()) as Fields;
  const [choice] = listOf(answer["choices"]);
  const message = choice?.["message"];
  return {
    message: isFields(message) ? message : {},
    finish: textOr(choice?.["finish_reason"], null),
    model: textOr(answer["model"], null),
  };
}

export type ToolCall = { id: string; name: string; text: string };

/** The calls of a message; what is no call is left out. */
export function toolCallsOf(message: Fields): ToolCall[] {
  return listOf(message["tool_calls"]).flatMap((call, at) => {
    const named = call["function"];
    if (!isFields(named) || typeof named["name"] !== "string") return [];
    return [
      { id: textOr(call["id"], `call_${at}`), name: named["name"], text: textOr(named["arguments"], "") },
    ];
  });
}

/** What a model thought, in either of the two words for it. */
export const reasoningOf = (said: Fields): string =>
  textOr(said["reasoning"], null) ?? textOr(said["reasoning_content"], "");

/** One event with a name. */
export const namedEvent = (data: Fields & { type: string }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/** A page that a text was found on; places are of the whole text. `mark`: by which its provider finds it again. */
export type Cited = { url: string; title: string; text: string; start: number; end: number; mark?: string };

/** The pages that a message or delta names. */
export const citedIn = (said: Fields): Cited[] =>
  listOf(said["annotations"]).flatMap(({ type, url_citation: page }) => {
    if (type !== "url_citation" || !isFields(page) || typeof page["url"] !== "string") return [];
    const { url, start_index: start, end_index: end } = page;
    const [title, text] = [textOr(page["title"], ""), textOr(page["content"], "")];
    const mark = textOr(page["encrypted_index"], "");
    return [{ url, title, text, start: Number(start ?? 0), end: Number(end ?? 0), ...(mark && { mark }) }];
  });
