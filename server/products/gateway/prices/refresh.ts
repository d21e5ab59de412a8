import { withSystemTx } from "../../../platform/db/index.ts";
import { listsPrices, readPrices, type ListedPrice } from "../../../vendors/llm/index.ts";
import { insertVersion, listActiveLines, type LineRow } from "../models/store.ts";
import type { Provider } from "../models/catalogue.ts";
import { refreshWays } from "../models/thinking/refresh.ts";
import type { Gateway } from "../settling/state.ts";
import { lockProvider } from "../providers/store.ts";
import { isAnother, listedOver } from "./listed.ts";
import { tellOfDraft } from "./mails.ts";
import { findListedDraft, listVersions, supersedeListed } from "./store.ts";

const TIMEOUT_MS = 30_000;
export const REFRESH_MS = 6 * 3_600_000;

export type Refreshed = {
  provider: string;
  outcome: "unchanged" | "draft" | "no_list";
  version: string | null;
};

/**
 * Reads the providers' own lists of models. Where a price is another than the active one, the provider's whole list becomes
 * a draft; what counts does not change before an operator has approved it. A list like the newest draft makes no other; any other one
 * takes the place of the list that nobody has decided about. How models think is read along with it.
 */
export async function refreshPrices(gateway: Gateway, signal?: AbortSignal): Promise<Refreshed[]> {
  await refreshWays(gateway);
  const done: Refreshed[] = [];
  for (const provider of gateway.providers.values()) {
    if (!provider.enabled || signal?.aborted) continue;
    done.push(await counted(gateway, provider));
  }
  return done;
}

/** The same, with no prices where a version is younger than the time between two readings: a new installation has just got its own. */
export async function refreshWhenOld(gateway: Gateway, signal: AbortSignal): Promise<void> {
  const { db, clock } = gateway.deps;
  const versions = await withSystemTx(db, listVersions);
  const youngest = Math.max(0, ...versions.map(({ created_at }) => created_at.getTime()));
  if (clock.now().getTime() - youngest >= REFRESH_MS) await refreshPrices(gateway, signal);
  else await refreshWays(gateway);
}

/** A list that is not there or cannot be read has failed, where there should be one. */
async function counted({ deps, metrics }: Gateway, provider: Provider): Promise<Refreshed> {
  const inc = (outcome: string, by = 1) => metrics.priceRefreshes.inc({ provider: provider.id, outcome }, by);
  inc("failed", 0);
  try {
    const refreshed = await refreshOne({ deps }, provider);
    if (listsPrices(provider.llm.kind)) inc(refreshed.outcome === "no_list" ? "failed" : refreshed.outcome);
    return refreshed;
  } catch (error) {
    inc("failed");
    throw error;
  }
}

async function refreshOne(
  { deps }: Pick<Gateway, "deps">,
  { id: provider, llm }: Provider,
): Promise<Refreshed> {
  if (!listsPrices(llm.kind)) return { provider, outcome: "no_list", version: null };
  const listed = readPrices(llm.kind, await llm.listModels(AbortSignal.timeout(TIMEOUT_MS)));
  if (listed === null) return { provider, outcome: "no_list", version: null };
  const now = deps.clock.now();
  const version = `${provider}-${now.toISOString()}`;
  const drafted = await withSystemTx(deps.db, async (tx) => {
    if (!(await lockProvider(tx, provider))) return false;
    const active = (await listActiveLines(tx)).filter((line) => line.provider === provider);
    const lines = merge(active, listed, version);
    const draft = new Map((await findListedDraft(tx, provider)).map((line) => [line.model, line]));
    if (lines?.every((line) => !isAnother(draft.get(line.model), line)) && lines.length === draft.size)
      return false;
    await supersedeListed(tx, provider, now);
    if (!lines) return false;
    const added = await insertVersion(tx, { version, provider, source: "models", first: false, lines }, now);
    if (added) await tellOfDraft(tx, deps.mail, version);
    return added;
  });
  return drafted
    ? { provider, outcome: "draft", version }
    : { provider, outcome: "unchanged", version: null };
}

/** The active lines with the listed prices; null when none is another. What the list does not say stays. */
function merge(
  active: readonly LineRow[],
  listed: readonly ListedPrice[],
  version: string,
): LineRow[] | null {
  const byModel = new Map(listed.map((each) => [each.model, each]));
  let changed = false;
  const lines = active.map((line): LineRow => {
    const found = byModel.get(line.upstream_model ?? line.model);
    if (!found) return { ...line, version };
    const next = {
      ...line,
      version,
      ...listedOver(found.prices, line),
      tiers: found.tiers ?? line.tiers,
    };
    changed ||= isAnother(line, next);
    return next;
  });
  return changed ? lines : null;
}
