import type { Actor } from "../../../../platform/http/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import { boundCost, PER_MESSAGE, TYPICAL_PER_MESSAGE } from "../../call/bound/bound.ts";
import type { Chat } from "../../call/chat.ts";
import { chooseModel, type PricedModel, type Route } from "../../models/catalogue.ts";
import { gatewayProblems } from "../../problems.ts";
import { routeCall } from "../../routing/route-call.ts";
import type { Gateway } from "../../settling/state.ts";
import { readMessages } from "./read.ts";

const PROVIDER_BUDGET_MS = 3_000;
const COUNT_BUDGET_MS = 250;

type Asked = { actor: Actor; body: unknown; headers: Parameters<typeof routeCall>[3] };

/**
 * Tokens of a prompt as who would serve it counts them, where it does; else by our own tokenizer, which may differ from the
 * model's and leaves what takes longer at its bytes. Free, and nothing is held.
 */
export async function countMessages(
  gateway: Gateway,
  { actor, body, headers }: Asked,
): Promise<{ input_tokens: number; estimated: boolean }> {
  const chat = readMessages(body, { counting: true });
  const route = await routeCall(gateway, actor, chat, headers).catch(nobody);
  const told = route && (await askProvider(route, chat));
  if (told !== null) return { input_tokens: told, estimated: false };
  const model = route?.model ?? chooseModel(gateway.catalogue, chat.model, actor.bounds?.allowedModels);
  return { input_tokens: await estimate(gateway, chat, model), estimated: true };
}

/** That nobody can serve it now hinders no estimate. */
function nobody(error: unknown): null {
  if (error instanceof Problem && error.kind === gatewayProblems.no_provider_available) return null;
  throw error;
}

function askProvider({ candidates: [first] }: Route, chat: Chat): Promise<number | null> {
  const body = Buffer.from(JSON.stringify({ ...chat.body, model: first.upstreamModel }));
  return first.provider.llm.countTokens(body, AbortSignal.timeout(PROVIDER_BUDGET_MS), first.thinking);
}

async function estimate(gateway: Gateway, chat: Chat, model: PricedModel): Promise<number> {
  const { prompt } = boundCost(chat, model, gateway.deps.clock.now());
  const { tokens } = await gateway.tokens.count(prompt.texts, COUNT_BUDGET_MS);
  const messages = (chat.body["messages"] as unknown[]).length;
  return tokens + prompt.otherTokens - messages * (PER_MESSAGE - TYPICAL_PER_MESSAGE);
}
