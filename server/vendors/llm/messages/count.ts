/** Anthropic's count of a prompt. Pure. */
import { toMessages } from "./request.ts";
import type { ThinkingWays } from "./ways.ts";

/** What is counted; all else it would refuse. */
const COUNTED = new Set(["model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"]);

/** A chat in OpenAI's shape as it is counted there; null for one that cannot be said there. */
export function toCount(chat: Buffer, ways: ThinkingWays | null): Buffer | null {
  const asked = toMessages(chat, ways);
  if ("field" in asked) return null;
  const fields = Object.entries(JSON.parse(asked.body.toString()) as object);
  return Buffer.from(JSON.stringify(Object.fromEntries(fields.filter(([name]) => COUNTED.has(name)))));
}

/** Null for what is no count. */
export function readCount(answer: unknown): number | null {
  const tokens = (answer as { input_tokens?: unknown } | null)?.input_tokens;
  return Number.isSafeInteger(tokens) && Number(tokens) >= 0 ? Number(tokens) : null;
}
