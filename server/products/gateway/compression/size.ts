/** How long the parts of a prompt are. Pure. */
import { isFields, type Chat, type Fields } from "../call/chat.ts";

/** Texts to be counted, and tokens for what is none. */
export type Part = { texts: string[]; others: number };

/** Around each message, and around each call of a tool in it. */
const PER_MESSAGE = 4;
const PER_CALL = 6;

export const messagesOf = ({ body }: Pick<Chat, "body">): Fields[] => body["messages"] as Fields[];

/** All that a message says; an image counts the model's most. */
export function partOf(message: Fields, imageTokens: number): Part {
  const part: Part = { texts: [], others: PER_MESSAGE };
  const { content, tool_calls: calls } = message;
  for (const piece of Array.isArray(content) ? (content as Fields[]) : [content]) {
    const text = isFields(piece) ? (piece["text"] ?? piece["refusal"]) : piece;
    if (typeof text === "string") part.texts.push(text);
    else if (isFields(piece)) part.others += imageTokens;
  }
  const { name, reasoning, reasoning_details: details } = message;
  const thoughts = Array.isArray(details) ? (details as unknown[]).filter(isFields) : [];
  // Told in both ways it is the same thought.
  const thought = typeof reasoning === "string" ? [reasoning] : thoughts.map(({ text }) => text);
  part.texts.push(...[name, ...thought].filter((text) => typeof text === "string"));
  for (const call of Array.isArray(calls) ? (calls as Fields[]) : []) {
    part.others += PER_CALL;
    const called = call["function"];
    if (isFields(called)) part.texts.push(String(called["name"]), String(called["arguments"]));
  }
  return part;
}

/** What is read beside the messages. */
export const besidesOf = ({ body }: Pick<Chat, "body">): Part => ({
  texts: ["tools", "functions", "response_format"].flatMap((name) => {
    const value = body[name];
    return value === undefined || value === null ? [] : [JSON.stringify(value)];
  }),
  others: 0,
});

/** No tokenizer makes more tokens of it. */
export const mostTokens = ({ texts, others }: Part): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), others);
