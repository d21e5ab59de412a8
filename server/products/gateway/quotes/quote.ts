import { balances } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { formatAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import { boundCost, tightenBound, type Bound } from "../call/bound/bound.ts";
import { projectOf } from "../call/own-options.ts";
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
  worstUsd: string;
  availableMicros: bigint;
  limits: Standing[];
};

/** The most that a call can cost, and what binds it. Refuses what the call itself would be refused for; spends nothing. */
export async function quote(
  gateway: Gateway,
  actor: Actor,
  { path, body }: { path: string; body: unknown },
): Promise<Quote> {
  const { deps, tokens } = gateway;
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
  const loose = boundCost(chat, model, deps.clock.now());
  const counted = await tokens.count(loose.prompt.texts, COUNT_BUDGET_MS);
  const bound = tightenBound(loose, model, counted.tokens);
  const [limits, all] = await Promise.all([
    readLimits(gateway, actor),
    withTx(deps.db, actor.orgId, (tx) => balances(tx, actor.orgId, actor.mode, deps.clock.now())),
  ]);
  return {
    model,
    provider: route.candidates[0].provider.id,
    stream: chat.stream,
    bound,
    counted: counted.whole,
    worstUsd: formatAtto(worstCost(model.price, bound, bound.at)),
    availableMicros: all.find(({ unit }) => unit === "credit")?.available ?? 0n,
    limits,
  };
}
