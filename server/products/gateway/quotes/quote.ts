import { balances } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { ATTO_PER_MICRO, formatAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import { boundCost, tightenBound, type Bound } from "../call/bound/bound.ts";
import type { Chat } from "../call/chat.ts";
import { fitOf, projectOf } from "../call/own-options.ts";
import { outlookOf, sentOf, type Outlook } from "../compression/outlook.ts";
import { lengthAfter, NOTE_TOKENS } from "../compression/plan.ts";
import { dialectAt } from "../dialects/doors.ts";
import { readLimits, type Standing } from "../limits/read.ts";
import { remember } from "../memory/call/remember.ts";
import type { PricedModel } from "../models/catalogue.ts";
import { worstCost } from "../models/price.ts";
import { routeCall } from "../routing/route-call.ts";
import type { Gateway } from "../settling/state.ts";

const COUNT_BUDGET_MS = 250;

export type Quote = {
  model: PricedModel;
  provider: string;
  stream: boolean;
  /** With its prompt counted, where that was possible in a quarter of a second. */
  bound: Bound;
  counted: boolean;
  /** How its prompt would be shortened; null: it goes as it is. */
  compression: QuotedCompression | null;
  /** With a summary, where one would be made. */
  worstMicros: bigint;
  worstUsd: string;
  availableMicros: bigint;
  limits: Standing[];
};

export type QuotedCompression = {
  /** `skipped`: the prompt is cheaper as it is. */
  state: "applied" | "skipped";
  tokensBefore: number | null;
  /** At most. */
  tokensAfter: number | null;
  messagesLeftOut: number;
  outputsLeftOut: number;
  /** A kept one costs nothing; `none` where turns are only left out, also where one is too dear beside the call. */
  summary: "new" | "kept" | "none";
  summaryMicros: bigint;
};

/** The most that a call can cost, and what binds it. Refuses what the call itself would be refused for; spends nothing. */
export async function quote(
  gateway: Gateway,
  actor: Actor,
  { path, body }: { path: string; body: unknown },
): Promise<Quote> {
  const { deps } = gateway;
  const dialect = dialectAt(path);
  assert(dialect, "a path that takes calls");
  const asked = await dialect.read(Buffer.from(JSON.stringify(body)));
  const route = await routeCall(gateway, actor, asked, {});
  const { chat } = await remember(gateway, actor, {
    chat: asked,
    headers: {},
    projectId: projectOf(asked, undefined),
    free: true,
  });
  const { model } = route;
  const wanted = { chat, route, headers: {}, projectId: null, fit: fitOf(asked, undefined) };
  const outlook = await outlookOf(gateway, actor, wanted);
  const { bound, counted } = await countedBound(gateway, chat, model, outlook);
  const [limits, all] = await Promise.all([
    readLimits(gateway, actor),
    withTx(deps.db, actor.orgId, (tx) => balances(tx, actor.orgId, actor.mode, deps.clock.now())),
  ]);
  return {
    model,
    provider: route.candidates[0].provider.id,
    stream: chat.stream,
    bound,
    counted,
    compression: outlook && shownOutlook(outlook),
    worstMicros: bound.micros + summaryMicros(outlook),
    worstUsd: formatAtto(worstCost(model.price, bound, bound.at) + summaryMicros(outlook) * ATTO_PER_MICRO),
    availableMicros: all.find(({ unit }) => unit === "credit")?.available ?? 0n,
    limits,
  };
}

async function countedBound(
  { deps, tokens }: Gateway,
  chat: Chat,
  model: PricedModel,
  outlook: Outlook | "skipped" | null,
) {
  const shorter = outlook === null || outlook === "skipped" ? null : outlook;
  if (shorter?.bound) return { bound: shorter.bound, counted: true };
  const loose = boundCost(shorter ? sentOf(chat, shorter) : chat, model, deps.clock.now());
  const counted = await tokens.count(loose.prompt.texts, COUNT_BUDGET_MS);
  return { bound: tightenBound(loose, model, counted.tokens), counted: counted.whole };
}

const summaryMicros = (outlook: Outlook | "skipped" | null): bigint =>
  outlook === null || outlook === "skipped" ? 0n : outlook.summaryMicros;

function shownOutlook(outlook: Outlook | "skipped"): QuotedCompression {
  const nothing = { messagesLeftOut: 0, outputsLeftOut: 0, summary: "none", summaryMicros: 0n } as const;
  if (outlook === "skipped") return { ...nothing, state: "skipped", tokensBefore: null, tokensAfter: null };
  const { plan, prospect, sized } = outlook;
  return {
    state: "applied",
    tokensBefore: plan.before,
    tokensAfter: lengthAfter(sized.tokens, { ...plan, leaves: prospect.leaves }, NOTE_TOKENS),
    messagesLeftOut: plan.units.slice(0, prospect.leaves).flat().length,
    outputsLeftOut: plan.outputs.length,
    summary: prospect.asks ? "new" : prospect.text === null ? "none" : "kept",
    summaryMicros: outlook.summaryMicros,
  };
}
