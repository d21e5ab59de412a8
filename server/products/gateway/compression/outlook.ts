import { microsCeil } from "../../../platform/money.ts";
import { boundCost, LEAST_FITTED_TOKENS, tightenBound, type Bound } from "../call/bound/bound.ts";
import type { Chat, Fields } from "../call/chat.ts";
import { readChat } from "../call/read-chat.ts";
import type { Spender } from "../limits/bound.ts";
import type { PricedModel, Route } from "../models/catalogue.ts";
import { priceFor, worstCost, type Price } from "../models/price.ts";
import { laidFor } from "../options/laid.ts";
import { decided } from "../options/options.ts";
import type { Gateway } from "../settling/state.ts";
import { canPayBoth } from "./afford.ts";
import { compressionAsked } from "./option.ts";
import { firstChange, lengthAfter, NOTE_TOKENS, planOf, shortened, type Plan } from "./plan.ts";
import { besidesOf, messagesOf, mostTokens, partOf, type Part } from "./size.ts";
import { prospectOf, summaryBody, type Prospect } from "./summarise.ts";
import { noteOf } from "./transcript.ts";
import { savingOf, type Lengths } from "./worth.ts";

/** What is not counted by then is not shortened. */
export const COUNT_BUDGET_MS = 2_000;

export type Asked = {
  chat: Chat;
  route: Route;
  headers: Record<string, string | string[] | undefined>;
  projectId: string | null;
  /** An answer may be shortened to what can be paid. */
  fit: boolean;
};
export type Measured = { messages: Fields[]; tokens: number[]; besides: number; window: number };

/** What would become of a prompt that is too long; nothing is asked of anybody yet. */
export type Outlook = {
  sized: Measured;
  plan: Plan;
  prospect: Prospect;
  /** Of the call with the longest note that there can be; only where a new summary is made. */
  bound?: Bound;
  /** The most that a new summary costs; 0 where none is made. */
  summaryMicros: bigint;
};

/** Null where the prompt goes as it came; `skipped` where shortening would make it dearer. Spends nothing. */
export async function outlookOf(
  gateway: Gateway,
  actor: Spender,
  asked: Asked,
): Promise<Outlook | "skipped" | null> {
  const { chat, route, headers } = asked;
  const said = compressionAsked(chat, headers);
  const laid = await laidFor(gateway, actor);
  const option = decided(said, laid.key?.compression, laid.organization?.compression);
  if (option === null || chat.task !== "chat") return null;
  const window = Math.min(...route.candidates.map((each) => each.route.model.contextLength));
  const counted = await measure(gateway, chat, route, (window * option.trigger_percent) / 100);
  const plan = counted && planOf({ ...counted, window }, option);
  if (!plan) return null;
  const sized = { ...counted, window };
  const [{ price, model }] = route.candidates;
  const planned = lengthsOf(chat, sized, plan, lengthAfter(sized.tokens, plan, NOTE_TOKENS));
  const fits = plan.before + (chat.maxTokens ?? 0) <= window;
  if (fits && savingOf(pricesOf(gateway, price.own ? model.price : price), planned) <= 0n) return "skipped";
  const prospect = await prospectOf(gateway, actor, { ...asked, ...sized, plan });
  const alone = { sized, plan, prospect: { ...prospect, asks: null }, summaryMicros: 0n };
  if (!prospect.asks) return alone;
  const bound = await boundOf(gateway, route.model, sentAs(chat, sized, plan, null));
  const summary = await boundOf(gateway, route.model, readChat(summaryBody(chat, prospect.asks.messages)));
  const noted = withTokens(bound, route.model, NOTE_TOKENS);
  const main = asked.fit ? leastOf(noted, route.model) : noted;
  if (!(await canPayBoth(gateway, actor, main, summary))) return alone;
  return { sized, plan, prospect, bound: noted, summaryMicros: summary.micros };
}

/** The prices of prompts of each size, of a call that begins now. */
export const pricesOf = ({ deps }: Pick<Gateway, "deps">, of: Price) => {
  const now = deps.clock.now();
  return (tokens: number) => priceFor(of, tokens, now);
};

/** With a note of so many tokens more. */
const withTokens = (bound: Bound, model: PricedModel, more: number): Bound =>
  priced({ ...bound, promptTokens: bound.promptTokens + more }, model);

/** With the shortest answer that a call may be fitted to. */
const leastOf = (bound: Bound, model: PricedModel): Bound => {
  const choices = bound.maxTokens === 0 ? 0 : bound.outputTokens / bound.maxTokens;
  const outputTokens = Math.min(bound.outputTokens, choices * LEAST_FITTED_TOKENS);
  return priced({ ...bound, outputTokens }, model);
};

const priced = (bound: Bound, { price }: PricedModel): Bound => ({
  ...bound,
  micros: microsCeil(worstCost(price, bound, bound.at)),
});

/** With its prompt counted, as a hold that has to be exact is. */
async function boundOf(gateway: Gateway, model: PricedModel, chat: Chat): Promise<Bound> {
  const loose = boundCost(chat, model, gateway.deps.clock.now());
  const counted = await gateway.tokens.count(loose.prompt.texts, COUNT_BUDGET_MS);
  return tightenBound(loose, model, counted.tokens);
}

/** The call as it goes without a new summary. */
export const sentOf = (chat: Chat, { sized, plan, prospect }: Outlook): Chat =>
  sentAs(chat, sized, { ...plan, leaves: prospect.leaves }, prospect.text);

/** The call with what is left out of it, and a note in its place. */
export const sentAs = (chat: Chat, { messages }: Measured, plan: Plan, summary: string | null): Chat =>
  withMessages(chat, shortened(messages, plan, noteOf(summary)));

/** Counts a prompt that may be longer than the trigger; null for another, and for one that is too long to be counted. */
async function measure(
  { tokens }: Gateway,
  chat: Chat,
  { model }: Route,
  trigger: number,
): Promise<Omit<Measured, "window"> | null> {
  const messages = messagesOf(chat);
  const parts: Part[] = [...messages.map((each) => partOf(each, model.imageTokens ?? 0)), besidesOf(chat)];
  if (parts.reduce((sum, part) => sum + mostTokens(part), 0) <= trigger) return null;
  const counted = await tokens.countEach(
    parts.map(({ texts }) => texts),
    COUNT_BUDGET_MS,
  );
  if (!counted.whole) return null;
  const all = parts.map(({ others }, at) => others + (counted.tokens[at] ?? 0));
  return { messages, besides: all.pop() ?? 0, tokens: all };
}

export function lengthsOf(
  chat: Chat,
  { messages, tokens, besides }: Omit<Measured, "window">,
  plan: Plan,
  after: number,
): Lengths {
  const upTo = (end: number) => tokens.slice(0, end).reduce((sum, each) => sum + each, besides);
  const answered = messages.findLastIndex(({ role }) => role === "assistant");
  return {
    before: plan.before,
    after,
    sentBefore: answered === -1 ? 0 : upTo(answered),
    unchanged: upTo(firstChange(plan)),
    marked: chat.bytes.includes('"cache_control"'),
  };
}

function withMessages(chat: Chat, messages: readonly Fields[]): Chat {
  const body = { ...chat.body, messages };
  return { ...chat, body, bytes: Buffer.from(JSON.stringify(body)), repeatsFields: false };
}
