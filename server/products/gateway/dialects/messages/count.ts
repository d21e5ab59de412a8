import type { Actor } from "../../../../platform/http/index.ts";
import { boundCost, PER_MESSAGE } from "../../call/bound/bound.ts";
import { routeCall } from "../../routing/route-call.ts";
import type { Gateway } from "../../settling/state.ts";
import { readMessages } from "./read.ts";

const COUNT_BUDGET_MS = 250;
/** What a message takes beside its text, where the bound of its cost allows for more. */
const TYPICAL_PER_MESSAGE = 4;

/** Tokens of a prompt by our own tokenizer, which may differ from the model's; what takes longer stays at its bytes. */
export async function countMessages(
  gateway: Gateway,
  actor: Actor,
  body: unknown,
): Promise<{ input_tokens: number; estimated: true }> {
  const chat = readMessages(body, { counting: true });
  const { model } = await routeCall(gateway, actor, chat, {});
  const { prompt } = boundCost(chat, model);
  const { tokens } = await gateway.tokens.count(prompt.texts, COUNT_BUDGET_MS);
  const messages = (chat.body["messages"] as unknown[]).length;
  const beside = prompt.otherTokens - messages * (PER_MESSAGE - TYPICAL_PER_MESSAGE);
  return { input_tokens: tokens + beside, estimated: true };
}
