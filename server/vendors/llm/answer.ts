import { readTranscriptionUsage, readUsage, type Usage } from "./usage.ts";

/** What a whole JSON answer says. */
export type Answer = {
  generationId: string | null;
  usage: Usage | null;
  /** Some choice brings text, reasoning, a tool call or a refusal. */
  content: boolean;
  /** All that the model said, for an estimate. */
  texts: string[];
};

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** Reads a JSON answer; null for one that is malformed, has no choices or reports an error instead. */
export function readAnswer(bytes: Buffer): Answer | null {
  const value = parse(bytes);
  if (value === null || isFields(value["error"])) return null;
  const choices = Array.isArray(value["choices"]) ? (value["choices"] as unknown[]).filter(isFields) : [];
  if (choices.length === 0 || choices.some(({ message }) => !isFields(message))) return null;
  const texts = choices.flatMap(({ message }) => textsOf(message as Fields));
  return {
    generationId: idOf(value),
    usage: readUsage(value["usage"]),
    content: texts.some((text) => text.length > 0),
    texts,
  };
}

/** Reads an answer of vectors; null for one that is malformed, has none or reports an error instead. */
export function readEmbeddings(bytes: Buffer): Answer | null {
  const value = parse(bytes);
  if (value === null || isFields(value["error"]) || !Array.isArray(value["data"])) return null;
  const data = value["data"] as unknown[];
  if (data.length === 0 || !data.every(isVector)) return null;
  const usage = isFields(value["usage"]) ? { completion_tokens: 0, ...value["usage"] } : null;
  return { generationId: idOf(value), usage: readUsage(usage), content: true, texts: [] };
}

/** Reads a transcription; null for one that is malformed or reports an error instead. Silence is an answer as well. */
export function readTranscription(bytes: Buffer): Answer | null {
  const value = parse(bytes);
  const text = value?.["text"];
  if (value === null || isFields(value["error"]) || typeof text !== "string") return null;
  return { generationId: null, usage: readTranscriptionUsage(value["usage"]), content: true, texts: [text] };
}

const isVector = (value: unknown): boolean =>
  isFields(value) && (typeof value["embedding"] === "string" || Array.isArray(value["embedding"]));

const idOf = ({ id }: Fields): string | null => (typeof id === "string" && id.length <= 200 ? id : null);

function parse(bytes: Buffer): Fields | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isFields(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Text, reasoning, refusal, what is spoken and tool calls of a message or delta. */
export function textsOf(message: Fields): string[] {
  const spoken = isFields(message["audio"]) ? message["audio"]["transcript"] : null;
  const texts = [message["content"], message["reasoning"], message["refusal"], spoken].filter(
    (text) => typeof text === "string",
  );
  const calls = Array.isArray(message["tool_calls"])
    ? (message["tool_calls"] as unknown[]).filter(isFields)
    : [];
  for (const { function: named } of calls) {
    if (!isFields(named)) continue;
    for (const text of [named["name"], named["arguments"]]) if (typeof text === "string") texts.push(text);
  }
  return texts;
}

/** The generation's id in the beginning of an answer that broke off. */
export function generationIdIn(bytes: Buffer): string | null {
  return /"id"\s*:\s*"(gen-[\w-]{1,190})"/.exec(bytes.toString("latin1", 0, 1_024))?.[1] ?? null;
}
