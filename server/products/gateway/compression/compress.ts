import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import type { Chat, Fields } from "../call/chat.ts";
import type { Waiting } from "../call/relay/left.ts";
import type { Spender } from "../limits/bound.ts";
import type { Route } from "../models/catalogue.ts";
import { priceFor, type Price } from "../models/price.ts";
import { laidFor } from "../options/laid.ts";
import { decided } from "../options/options.ts";
import { routingOf } from "../routing/routing.ts";
import type { Gateway } from "../settling/state.ts";
import { compressionAsked } from "./option.ts";
import { firstChange, lengthAfter, NOTE_TOKENS, planOf, shortened, type Plan } from "./plan.ts";
import { besidesOf, messagesOf, mostTokens, partOf, type Part } from "./size.ts";
import type { Shortened } from "./store.ts";
import { summarise, type Summary } from "./summarise.ts";
import { noteOf } from "./transcript.ts";
import { savingOf, type Lengths } from "./worth.ts";

/** The call as it is sent; `shortened` is null where that is as it came, `told` what its caller hears of it in headers. */
export type Sent = { chat: Chat; shortened: Shortened | null; told: Record<string, string> };

/** What is not counted by then is not shortened. */
const COUNT_BUDGET_MS = 2_000;

type Asked = {
  chat: Chat;
  route: Route;
  headers: Record<string, string | string[] | undefined>;
  projectId: string | null;
  waiting: Waiting;
};
type Measured = { messages: Fields[]; tokens: number[]; besides: number; window: number };

/** The call with a prompt that fits well into its model's window, where it, its key or its organization wishes that. */
export async function compress(gateway: Gateway, actor: Spender, asked: Asked): Promise<Sent> {
  const { chat, route, headers } = asked;
  const said = compressionAsked(chat, headers);
  const laid = await laidFor(gateway, actor);
  const option = decided(said, laid.key?.compression, laid.organization?.compression);
  const asItCame = { chat, shortened: null, told: {} };
  if (option === null || chat.task !== "chat") return asItCame;
  const window = Math.min(...route.candidates.map((each) => each.route.model.contextLength));
  const sized = await measure(gateway, chat, route, (window * option.trigger_percent) / 100);
  const plan = sized && planOf({ ...sized, window }, option);
  if (!plan) return asItCame;
  const [{ price, model }] = route.candidates;
  const now = gateway.deps.clock.now();
  const pricesOf = (of: Price) => (tokens: number) => priceFor(of, tokens, now);
  const planned = lengthsOf(chat, sized, plan, lengthAfter(sized.tokens, plan, NOTE_TOKENS));
  const fits = plan.before + (chat.maxTokens ?? 0) <= window;
  if (fits && savingOf(pricesOf(price.own ? model.price : price), planned) <= 0n)
    return { ...asItCame, told: { "x-holdfast-compression": "skipped" } };
  const routing = routingOf(chat, headers);
  const summary: Summary =
    plan.leaves === 0
      ? { leaves: 0, text: null, costMicros: 0n }
      : await summarise(gateway, actor, { ...asked, ...sized, plan, window, routing });
  const note = noteOf(summary.text);
  const done = { ...plan, leaves: summary.leaves };
  const counted = await gateway.tokens.count([String(note["content"])], COUNT_BUDGET_MS);
  const lengths = lengthsOf(chat, sized, done, lengthAfter(sized.tokens, done, counted.tokens));
  const saved: Shortened = {
    tokensBefore: lengths.before,
    tokensAfter: lengths.after,
    summaryCostMicros: summary.costMicros,
    netSavingMicros: savingOf(pricesOf(price), lengths) / ATTO_PER_MICRO - summary.costMicros,
  };
  return {
    chat: withMessages(chat, shortened(sized.messages, done, note)),
    shortened: saved,
    told: toldOf(saved),
  };
}

const toldOf = (saved: Shortened): Sent["told"] => ({
  "x-holdfast-compression": "applied",
  "x-holdfast-tokens-before": String(saved.tokensBefore),
  "x-holdfast-tokens-after": String(saved.tokensAfter),
  "x-holdfast-tokens-saved": String(saved.tokensBefore - saved.tokensAfter),
  "x-holdfast-summary-cost-micros": String(saved.summaryCostMicros),
  "x-holdfast-net-saving-micros": String(saved.netSavingMicros),
});

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

function lengthsOf(
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
