import type { Exchange } from "../core/company.ts";
import { behaviourOf, type Behaviour } from "./play/behaviour.ts";
import { begin, spentOf } from "./bills/bill.ts";
import { openrouterDialect, sendRefusalIn, type Dialect } from "./answers/dialect.ts";
import { moderationOf, refusalOf, type Refusal } from "./answers/errors.ts";
import { parseUsd } from "./models/price.ts";
import { makePlan, withPages, type Plan } from "./play/plan.ts";
import { searchesOf, withFound } from "./play/search.ts";
import { settle, type Call, type Pace } from "./play/play.ts";
import { playJson } from "./play/play-json.ts";
import { playStream } from "./play/play-stream.ts";
import { countPrompt } from "./tokens/prompt-tokens.ts";
import type { Chat } from "./request.ts";
import { settingsOf } from "./settings.ts";

function numberHeader(exchange: Exchange, name: string): number | null {
  const value = exchange.headers[name];
  return typeof value === "string" && /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : null;
}

/** Header over fault or model over the prompt's own wish over the world's settings. */
function paceOf(exchange: Exchange, behaviour: Behaviour, plan: Plan): Pace {
  const settings = settingsOf(exchange.world);
  const hold = exchange.headers["x-sandbox-hold"];
  const asked = plan.gapMs === null ? null : plan.gapMs === 0 ? 0 : 1000 / plan.gapMs;
  return {
    firstTokenMs:
      numberHeader(exchange, "x-sandbox-first-token-ms") ?? behaviour.firstTokenMs ?? settings.first_token_ms,
    tokensPerSecond:
      numberHeader(exchange, "x-sandbox-tokens-per-second") ??
      behaviour.tokensPerSecond ??
      asked ??
      settings.tokens_per_second,
    hold: typeof hold === "string" && hold !== "" ? hold : (behaviour.hold ?? settings.hold),
    drain: settings.on_disconnect === "drain",
  };
}

/** Tokens left for the answer, or the refusal of a prompt that does not fit the model's window. */
function roomFor(chat: Chat, prompt: number): number | string {
  const { contextLength, maxCompletionTokens } = chat.model;
  const wanted = prompt + (chat.maxTokens ?? 1);
  if (wanted > contextLength) {
    const more = prompt > contextLength ? "at least " : "";
    return `This endpoint's maximum context length is ${contextLength} tokens. However, you requested about ${more}${wanted} tokens (${prompt} of the input, ${chat.maxTokens ?? 1} in the output). Please reduce the length of either one.`;
  }
  return Math.min(chat.maxTokens ?? maxCompletionTokens, maxCompletionTokens, contextLength - prompt);
}

const HTML_502 =
  "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";

/** Answers that are none: an empty 200, a proxy's HTML page. The act behind them happens or not, as told. */
function misanswer(call: Call): boolean {
  const { behaviour, plan, exchange } = call;
  if (behaviour.body !== "empty" && behaviour.body !== "html") return false;
  if (behaviour.billed) settle(call, "finished", plan.deltas.length);
  if (behaviour.body === "empty") {
    const type = call.chat.stream ? "text/event-stream" : "application/json";
    exchange.res.writeHead(200, { "content-type": type }).end();
  } else {
    exchange.res.writeHead(502, { "content-type": "text/html" }).end(HTML_502);
  }
  return true;
}

/** `POST /chat/completions`. */
export const chatCompletions = (exchange: Exchange): Promise<void> => chatIn(openrouterDialect, exchange);

/** A chat as a company of this dialect answers it. */
export async function chatIn(dialect: Dialect, exchange: Exchange): Promise<void> {
  const { res, world, signal } = exchange;
  const sendRefusal = (refusal: Refusal, headers?: Record<string, string>) =>
    sendRefusalIn(dialect, res, refusal, headers);
  const chat = dialect.readChat(exchange.rawBody);
  if ("refusal" in chat) return sendRefusal(chat.refusal);
  const behaviour = behaviourOf(chat.model.id, exchange.fault);
  if (behaviour.refuse !== null) {
    const headers: Record<string, string> = behaviour.refuse === 429 ? { "retry-after": "2" } : {};
    return sendRefusal(refusalOf(behaviour.refuse, "fault"), headers);
  }
  if (behaviour.moderated) return sendRefusal(moderationOf(chat.model.id));
  if (spentOf(world) >= parseUsd(String(settingsOf(world).credits))) {
    return sendRefusal(refusalOf(402, "fault"));
  }
  const counting = countPrompt(world, chat);
  const counted = counting instanceof Promise ? await counting : counting;
  const { search } = chat;
  const prompt = chat.messages.findLast(({ role }) => role === "user")?.text ?? "";
  const counts = search ? withFound(counted, searchesOf(search, prompt, behaviour), search) : counted;
  const room = roomFor(chat, counts.prompt);
  if (typeof room === "string") return sendRefusal({ status: 400, message: room });
  if (signal.aborted) return;
  const plan = withPages(makePlan(world, chat, behaviour, room), counts.searches ?? 0);
  const generation = begin(world, chat, counts, dialect.idPrefix);
  if (plan.thought !== undefined) generation.thought = plan.thought;
  generation.userAgent = exchange.headers["user-agent"] ?? null;
  generation.referer = exchange.headers.referer ?? null;
  const pace = paceOf(exchange, behaviour, plan);
  const call: Call = { dialect, exchange, chat, plan, behaviour, generation, pace };
  if (misanswer(call)) return;
  return chat.stream ? playStream(call) : playJson(call);
}
