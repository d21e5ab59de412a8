import { withSystemTx } from "../../../platform/db/index.ts";
import { KINDS, PROVIDER_KINDS } from "../../../vendors/llm/index.ts";
import type { Candidate } from "../models/catalogue.ts";
import { listProviders, type ProviderRow } from "../models/store.ts";
import { listCredits, type CreditRow } from "../provider-credit/store.ts";
import { healthOf } from "../routing/providers.ts";
import type { Gateway } from "../settling/state.ts";
import { timeoutsShown } from "./schemas.ts";

export type AdminProvider = ReturnType<typeof present> & { credit: CreditRow | null };

/** All providers by id, disabled ones and those without a key included, and how they do as this process saw it. */
export async function readProviders(gateway: Gateway): Promise<AdminProvider[]> {
  const [rows, credits] = await withSystemTx(gateway.deps.db, (tx) =>
    Promise.all([listProviders(tx), listCredits(tx)]),
  );
  const candidates = [...gateway.catalogue.models.values()].flatMap((model) => model.candidates);
  const byProvider = Map.groupBy(candidates, ({ provider }) => provider.id);
  return rows.map((row) => {
    const credit = credits.find(({ provider }) => provider === row.id) ?? null;
    return { ...present(gateway, row, byProvider.get(row.id) ?? []), credit };
  });
}

/** One of them; null when there is none of this id. */
export async function readProvider(gateway: Gateway, id: string): Promise<AdminProvider | null> {
  return (await readProviders(gateway)).find((provider) => provider.id === id) ?? null;
}

function present({ deps, providers }: Gateway, row: ProviderRow, candidates: readonly Candidate[]) {
  const now = deps.clock.now().getTime();
  const known = deps.providers.find(({ id }) => id === row.id);
  const kind = PROVIDER_KINDS.find((each) => each === row.kind) ?? "compatible";
  const { state, ...health } = healthOf(candidates, now);
  const serves = row.enabled && providers.has(row.id);
  return {
    id: row.id,
    kind,
    base_url: row.base_url,
    address: row.base_url ?? known?.baseUrl ?? KINDS[kind].officialUrl,
    secret_from: row.secret ? ("own" as const) : known ? ("environment" as const) : null,
    secret_last4: row.secret ? row.secret_last4 : (known?.apiKey.slice(-4) ?? null),
    private_address: row.private_address,
    enabled: row.enabled,
    markup_percent: row.markup_percent,
    plan_markups: row.plan_markups,
    cost_basis: row.cost_basis,
    on_disconnect: row.on_disconnect,
    timeouts: timeoutsShown(row.timeouts),
    live: providers.get(row.id)?.llm.live ?? null,
    state: serves ? state : ("off" as const),
    models: candidates.length,
    ...health,
    breakers: candidates.flatMap((candidate) => breakerOf(candidate, now)),
  };
}

function breakerOf({ model, health: { breaker } }: Candidate, now: number) {
  const state = breaker.state(now);
  if (state === "closed") return [];
  return [{ model: model.id, state, wait_s: Math.ceil(breaker.waitMs(now) / 1_000) }];
}
