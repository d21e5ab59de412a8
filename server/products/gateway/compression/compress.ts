import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import type { Chat } from "../call/chat.ts";
import type { Waiting } from "../call/relay/left.ts";
import type { Spender } from "../limits/bound.ts";
import { routingOf } from "../routing/routing.ts";
import type { Gateway } from "../settling/state.ts";
import { COUNT_BUDGET_MS, lengthsOf, outlookOf, pricesOf, sentAs, type Asked } from "./outlook.ts";
import { lengthAfter } from "./plan.ts";
import type { Shortened } from "./store.ts";
import { summarise } from "./summarise.ts";
import { noteOf } from "./transcript.ts";
import { savingOf } from "./worth.ts";

/** The call as it is sent; `shortened` is null where that is as it came, `told` what its caller hears of it in headers. */
export type Sent = { chat: Chat; shortened: Shortened | null; told: Record<string, string> };

/**
 * The call with a prompt that fits well into its model's window, where it, its key or its organization wishes that. A summary is
 * paid only where the call itself can be paid after it: else turns are left out without one.
 */
export async function compress(
  gateway: Gateway,
  actor: Spender,
  asked: Asked & { waiting: Waiting },
): Promise<Sent> {
  const { chat, route, headers } = asked;
  const asItCame = { chat, shortened: null, told: {} };
  const outlook = await outlookOf(gateway, actor, asked);
  if (outlook === null) return asItCame;
  if (outlook === "skipped") return { ...asItCame, told: { "x-holdfast-compression": "skipped" } };
  const { sized, plan, prospect } = outlook;
  const summary = await summarise(gateway, actor, prospect, { ...asked, routing: routingOf(chat, headers) });
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
