import type { OrgId } from "../../../platform/ids.ts";
import type { Gateway } from "../settling/state.ts";
import type { Candidate, Catalogue } from "../models/catalogue.ts";
import { median, type Health } from "./health/health.ts";

export type ProviderView = {
  id: string;
  state: "ok" | "degraded" | "down";
  models: number;
  byok: boolean;
  success_1h: number | null;
  first_content_p50_ms: number | null;
  on_disconnect: "abort" | "drain";
  markup_percent: number;
  plan_markups: Record<string, number>;
};

/** The providers that serve models, and how they have done of late as this process saw it. */
export async function describeProviders(
  { catalogue, deps, ownKeys, registry }: Gateway,
  org: OrgId,
): Promise<ProviderView[]> {
  const keys = ownKeys.known(org) ?? (await ownKeys.read(org));
  const now = deps.clock.now().getTime();
  const candidates = [...catalogue.models.values()].flatMap((model) => model.candidates);
  const byPlan = [...registry.planCatalogues].map(([plan, own]) => [plan, markupsIn(own)] as const);
  const everybodys = markupsIn(catalogue);
  const byProvider = Map.groupBy(candidates, ({ provider }) => provider.id);
  return [...byProvider]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, some]) => ({
      id,
      models: some.length,
      byok: keys.some(({ provider, state }) => provider === id && state === "ok"),
      on_disconnect: some[0]?.provider.onDisconnect ?? "abort",
      ...healthOf(some, now),
      markup_percent: everybodys.get(id) ?? 0,
      plan_markups: Object.fromEntries(
        byPlan.flatMap(([plan, own]) => {
          const percent = own.get(id);
          return percent === undefined || percent === everybodys.get(id) ? [] : [[plan, percent]];
        }),
      ),
    }));
}

/** By provider: what its active prices hold of its own. */
const markupsIn = ({ models }: Catalogue): Map<string, number> =>
  new Map(
    [...models.values()].flatMap(({ candidates }) =>
      candidates.map(({ provider, price }) => [provider.id, Number(price.markupPercent)] as const),
    ),
  );

/** `down`: nothing is let through; `degraded`: some of its models are not. */
export function healthOf(candidates: readonly Candidate[], now: number) {
  const all = candidates.map(({ health }) => health);
  const open = all.filter(({ breaker }) => breaker.state(now) !== "closed").length;
  const state =
    open === 0 ? ("ok" as const) : open === all.length ? ("down" as const) : ("degraded" as const);
  const { calls, failures } = sum(all, now);
  return {
    state,
    success_1h: calls === 0 ? null : 1 - failures / calls,
    first_content_p50_ms: median(all.flatMap((health) => health.firstContents(now))),
  };
}

function sum(all: readonly Health[], now: number) {
  const shares = all.map((health) => health.shares(now));
  return {
    calls: shares.reduce((total, each) => total + each.calls, 0),
    failures: shares.reduce((total, each) => total + each.failures, 0),
  };
}
