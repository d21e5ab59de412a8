import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { boundCost, type Bound } from "../call/bound/bound.ts";
import type { Chat } from "../call/chat.ts";
import type { HeldCall } from "../call/held-call.ts";
import type { Waiting } from "../call/relay/left.ts";
import type { Spender } from "../limits/bound.ts";
import { routingOf } from "../routing/routing.ts";
import type { Gateway } from "../settling/state.ts";
import {
  COUNT_BUDGET_MS,
  lengthsOf,
  outlookOf,
  pricesOf,
  sentAs,
  type Asked,
  type Outlook,
} from "./outlook.ts";
import { lengthAfter } from "./plan.ts";
import type { Shortened } from "./store.ts";
import { summarise, type Summary } from "./summarise.ts";
import { noteOf } from "./transcript.ts";
import { savingOf } from "./worth.ts";

/**
 * The call as it is sent; `shortened` is null where that is as it came, `told` what its caller hears of it in headers. `summary`:
 * what may still stand for the turns that are left out.
 */
export type Sent = {
  chat: Chat;
  shortened: Shortened | null;
  told: Record<string, string>;
  summary: NewSummary | null;
};

/** A summary to be made and paid once its call is held, with the longest note, so that none is paid for a call that is refused. */
export type NewSummary = {
  /** What the call is held at. */
  bound: Bound;
  /** Makes it, and has the call go with it; where there is none, as it is. Returns what its caller hears of it. */
  put(call: HeldCall): Promise<Record<string, string>>;
};

/** The call with a prompt that fits well into its model's window, where it, its key or its organization wishes that. Spends nothing. */
export async function compress(
  gateway: Gateway,
  actor: Spender,
  asked: Asked & { waiting: Waiting },
): Promise<Sent> {
  const { chat, headers } = asked;
  const asItCame = { chat, shortened: null, told: {}, summary: null };
  const outlook = await outlookOf(gateway, actor, asked);
  if (outlook === null) return asItCame;
  if (outlook === "skipped") return { ...asItCame, told: { "x-holdfast-compression": "skipped" } };
  const { bound, prospect } = outlook;
  const without = await sentWith(gateway, asked, outlook, { text: prospect.text, costMicros: 0n });
  if (!prospect.asks || !bound) return { ...without, summary: null };
  const summary: NewSummary = {
    bound,
    async put(call) {
      const made = await summarise(gateway, actor, prospect, { ...asked, routing: routingOf(chat, headers) });
      const sent = made.text === null ? without : await sentWith(gateway, asked, outlook, made);
      call.chat = sent.chat;
      call.shortened = sent.shortened;
      // What it is estimated by is what is sent; what it is held at stays.
      const { prompt, promptTokens } = boundCost(sent.chat, call.route.model, call.bound.at);
      call.bound = { ...call.bound, prompt, promptTokens };
      call.startedAt = performance.now();
      return sent.told;
    },
  };
  return { ...without, summary };
}

async function sentWith(
  gateway: Gateway,
  { chat, route }: Asked,
  { sized, plan, prospect }: Outlook,
  summary: Summary,
): Promise<Omit<Sent, "summary"> & { shortened: Shortened }> {
  const [{ price }] = route.candidates;
  const note = noteOf(summary.text);
  const done = { ...plan, leaves: prospect.leaves };
  const counted = await gateway.tokens.count([String(note["content"])], COUNT_BUDGET_MS);
  const lengths = lengthsOf(chat, sized, done, lengthAfter(sized.tokens, done, counted.tokens));
  const saved: Shortened = {
    tokensBefore: lengths.before,
    tokensAfter: lengths.after,
    summaryCostMicros: summary.costMicros,
    netSavingMicros: savingOf(pricesOf(gateway, price), lengths) / ATTO_PER_MICRO - summary.costMicros,
  };
  return { chat: sentAs(chat, sized, done, summary.text), shortened: saved, told: toldOf(saved) };
}

const toldOf = (saved: Shortened): Sent["told"] => ({
  "x-holdfast-compression": "applied",
  "x-holdfast-tokens-before": String(saved.tokensBefore),
  "x-holdfast-tokens-after": String(saved.tokensAfter),
  "x-holdfast-tokens-saved": String(saved.tokensBefore - saved.tokensAfter),
  "x-holdfast-summary-cost-micros": String(saved.summaryCostMicros),
  "x-holdfast-net-saving-micros": String(saved.netSavingMicros),
});
