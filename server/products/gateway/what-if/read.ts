import { withTx, type Tx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { common, Problem } from "../../../platform/problem.ts";
import { catalogueFor } from "../models/catalogue-for.ts";
import { chooseModel, findModel, textOf, type Catalogue } from "../models/catalogue.ts";
import { parsePrice, type Price } from "../models/price.ts";
import { listLines, listVersions, type VersionRow } from "../prices/store.ts";
import { gatewayProblems } from "../problems.ts";
import type { UsageFilter } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { scopeOf, wholeHours } from "../usage/read.ts";
import { sumUsage, type Scope, type Sums } from "../usage/store.ts";
import { isPlain, repriced, repricedByStep, stepsOf } from "./reprice.ts";
import { sumBySteps } from "./store.ts";

export type WhatIf = UsageFilter & { to_model?: string | undefined; to_version?: string | undefined };

/** Of a model's usage; null where there is no other price of it. */
type Repricer = (model: string) => Price | null;

/**
 * Usage by model, as it was charged and as it would be on another model or at another version of prices: the same tokens at
 * the prices that callers pay. A model takes over what others of its task did, and nothing else. 404 for a model or version that one cannot have, 400 without either or with both.
 */
export async function readWhatIf(gateway: Gateway, actor: Actor, query: WhatIf) {
  const { clock, db } = gateway.deps;
  if ((query.to_model === undefined) === (query.to_version === undefined))
    throw new Problem(common.invalid_parameter, { detail: "name to_model or to_version" });
  const scope = wholeHours(scopeOf(actor, query, clock.now()));
  const catalogue = await catalogueFor(gateway, actor);
  return withTx(db, actor.orgId, async (tx) => {
    const versions = (await listVersions(tx)).filter(isKnown);
    const priceOf = await repricerOf(catalogue, tx, actor, { query, versions });
    const rows = await sumUsage(tx, scope, ["model"]);
    const others = await repricedBy(
      tx,
      scope,
      rows.map((row) => ({ ...row, model: String(row.group_0) })),
      priceOf,
    );
    const data = rows.map((row) => shown(String(row.group_0), row, others.get(String(row.group_0))));
    return {
      data,
      totals: {
        cost_micros: sum(data.map((row) => row.cost_micros)),
        repriced_micros: sum(data.map((row) => row.repriced_micros ?? row.cost_micros)),
      },
      versions: versions.map(({ version, provider, state }) => ({ version, provider, state })),
      as_of: clock.now(),
    };
  });
}

/** Drafts and what never counted are the operators'. */
const isKnown = (row: VersionRow): row is VersionRow & { state: "active" | "retired" } =>
  row.state === "active" || (row.state === "retired" && row.reason === null);

async function repricerOf(
  catalogue: Catalogue,
  tx: Tx,
  actor: Actor,
  { query, versions }: { query: WhatIf; versions: readonly VersionRow[] },
): Promise<Repricer> {
  if (query.to_model !== undefined) {
    const { price, row } = chooseModel(catalogue, query.to_model, actor.bounds?.allowedModels);
    return (model) => (findModel(catalogue, model)?.row.task === row.task ? price : null);
  }
  const named = versions.find(({ version }) => version === query.to_version);
  if (!named) throw new Problem(gatewayProblems.price_version_not_found);
  const lines = new Map((await listLines(tx, [named.version])).map((line) => [line.model, line]));
  return (model) => {
    const line = lines.get(model);
    return line ? parsePrice(line.version, textOf(line)) : null;
  };
}

/** By model, in 10⁻¹⁸ USD. Where a price depends on the prompt's size or the time of the day, each call is priced by its own. */
async function repricedBy(
  tx: Tx,
  scope: Scope,
  rows: readonly (Sums & { model: string })[],
  priceOf: Repricer,
): Promise<Map<string, bigint>> {
  const priced = rows.flatMap((row) => {
    const price = priceOf(row.model);
    return price ? [{ row, price }] : [];
  });
  const tiered = priced.filter(({ price }) => !isPlain(price));
  const steps = stepsOf(tiered.map(({ price }) => price));
  const models = tiered.map(({ row }) => row.model);
  const used = models.length === 0 ? [] : await sumBySteps(tx, scope, models, steps);
  const byModel = Map.groupBy(used, ({ model }) => model);
  return new Map(
    priced.map(({ row, price }) => [
      row.model,
      isPlain(price) ? repriced(price, row) : repricedByStep(price, steps, byModel.get(row.model) ?? []),
    ]),
  );
}

function shown(model: string, row: Sums, other: bigint | undefined) {
  return {
    model,
    requests: Number(row.requests),
    input_tokens: row.input_tokens + row.cache_read_tokens + row.cache_write_tokens,
    output_tokens: row.output_tokens,
    cost_micros: row.cost_micros,
    repriced_micros: other === undefined ? null : other / ATTO_PER_MICRO,
  };
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);
