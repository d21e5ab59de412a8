/** What a call asks and says of thoughts, and of what was found before, for who is asked. Pure. */
import { thinkingOf, type ProviderKind } from "../../../vendors/llm/index.ts";
import type { Candidate } from "../models/catalogue.ts";
import { bad, isFields, type Chat, type Fields } from "./chat.ts";

/** What an answer may have beside a budget of thoughts that is named without a maximum. */
const ROOM_TO_ANSWER = 16_384;
const MOST_BUDGET = 10_000_000;

/** The maximum of an answer of which only its thoughts are bounded; null where they are not. 400 for what is no budget. */
export function roomToThink({ reasoning }: Fields): number | null {
  if (reasoning === undefined || reasoning === null) return null;
  if (!isFields(reasoning)) return bad("/reasoning", "must be an object");
  const { max_tokens: budget } = reasoning;
  if (budget === undefined || budget === null) return null;
  if (!Number.isSafeInteger(budget) || Number(budget) < 1 || Number(budget) > MOST_BUDGET)
    return bad("/reasoning/max_tokens", `must be an integer from 1 to ${MOST_BUDGET}`);
  return Number(budget) + ROOM_TO_ANSWER;
}

/** Anthropic's own words in a message, which were said in OpenRouter's as well where that has them. */
const ANTHROPICS_WORDS = ["thinking", "output_config"];

/** Those that this candidate would not know. */
export const foreignWords = ({ endpoint, body }: Chat, { provider }: Candidate): string[] =>
  endpoint === "messages" && provider.kind !== "anthropic"
    ? ANTHROPICS_WORDS.filter((name) => name in body)
    : [];

/** Who can read again what a model thought before, or passes it to who can. */
const READERS: ReadonlySet<string> = new Set(["anthropic", "openrouter"]);
const DETAILS = "reasoning_details";
/** The same as a text that nobody signed, which some pass on and OpenAI does not know. */
const PLAIN = ["reasoning", "reasoning_content"];

/** What Anthropic searched and found, which it alone reads again, and how callers know it. */
const FINDS = "finds";
const FINDS_NAME = "web_search_tool_result";

/** What a message says of both that this candidate would refuse or not know: names of its members. */
function lostOf(message: unknown, { provider: { kind } }: Candidate): string[] {
  if (kind === "anthropic" || !isFields(message)) return [];
  return [...(FINDS in message ? [FINDS] : []), ...lostThoughts(message, kind)];
}

function lostThoughts(message: Fields, kind: ProviderKind): string[] {
  if (READERS.has(kind)) return [];
  if (kind === "openai") return [DETAILS, ...PLAIN].filter((name) => name in message);
  return DETAILS in message ? [DETAILS, "reasoning"] : [];
}

/** Something says what a model thought or found before, and this candidate would refuse or not know it. */
export const losesThoughts = ({ task, body }: Chat, candidate: Candidate): boolean =>
  task === "chat" && (body["messages"] as unknown[]).some((each) => lostOf(each, candidate).length > 0);

/** The same messages without it. */
export const withoutThoughts = (messages: unknown, candidate: Candidate): unknown =>
  (messages as unknown[]).map((message) => {
    const lost = lostOf(message, candidate);
    if (lost.length === 0) return message;
    return Object.fromEntries(Object.entries(message as Fields).filter(([name]) => !lost.includes(name)));
  });

/** The names of those; told in both ways it is the same thought. */
function namesOfLost({ body }: Chat, candidate: Candidate): string[] {
  const names = (body["messages"] as unknown[]).flatMap((message) => {
    const said = lostOf(message, candidate).filter((name) => (message as Fields)[name] !== null);
    const plain = said.includes(DETAILS) ? said.filter((name) => !PLAIN.includes(name)) : said;
    return plain.map((name) => (name === FINDS ? FINDS_NAME : name));
  });
  return [...new Set(names)];
}

/** What is said in another field, or needs not be said: no loss. */
export function saidElsewhere({ endpoint, body }: Chat, { provider }: Candidate): string[] {
  if (endpoint !== "messages" || !isFields(body["thinking"])) return [];
  const heard = provider.kind === "openrouter" || body["thinking"]["type"] === "disabled";
  return heard ? ["reasoning", "thinking"] : ["reasoning"];
}

/** What is left out at this candidate for the sake of thinking, or of thoughts: names of fields. */
export function leftForThoughts(chat: Chat, candidate: Candidate, maxTokens: number): string[] {
  if (chat.task !== "chat") return [];
  if (candidate.provider.kind === "anthropic")
    return [...thinkingOf(chat.body, maxTokens, candidate.thinking).left];
  return namesOfLost(chat, candidate);
}
