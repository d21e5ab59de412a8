/** What makes two calls the same. Pure. */
import { createHash } from "node:crypto";
import type { Chat } from "../call/chat.ts";

/** Longer prompts are not looked for. */
const MOST_BYTES = 1024 * 1024;
/** Said elsewhere in the hash, or to us alone. */
const LEFT_OUT = new Set(["holdfast", "model"]);

/** Readers of a body that names a field twice may differ about it. */
export const mayBeSame = (chat: Chat): boolean => !chat.repeatsFields && chat.bytes.length <= MOST_BYTES;

/** All that makes a call the same: whose it is, the model, the body whatever the order of its fields, and who may serve it. */
export function sameness(
  of: { org: string; mode: string; who: string; model: string; routing: unknown },
  chat: Pick<Chat, "endpoint" | "body" | "stream" | "wantsUsage" | "maxTokens" | "echo" | "resendsThoughts">,
): Buffer {
  const { endpoint, stream, wantsUsage, maxTokens, echo = null, resendsThoughts = false } = chat;
  const asked = Object.fromEntries(Object.entries(chat.body).filter(([name]) => !LEFT_OUT.has(name)));
  const parts: unknown[] = [of.org, of.mode, of.who, of.model, of.routing, asked];
  // A body that was translated says less than its caller did.
  parts.push(endpoint, stream, wantsUsage, maxTokens, echo, resendsThoughts);
  return createHash("sha256").update(canonical(parts)).digest();
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
