import { withSystemTx } from "../../../platform/db/index.ts";
import { linesIn } from "../models/lines.ts";
import { listActiveLines, type LineRow } from "../models/store.ts";
import { tierName } from "../models/tiers/tier.ts";
import type { Gateway } from "../settling/state.ts";
import { listLines, listVersions, type VersionRow } from "./store.ts";

/** `tier`: of which calls alone; null: all. A null price: there is none. */
export type Change = {
  model: string;
  line: string;
  tier: string | null;
  from: string | null;
  to: string | null;
};
export type VersionView = VersionRow & { changes: Change[] };

/** Versions, drafts first; a draft with what it would change of the active prices. */
export async function readVersions({ deps }: Gateway): Promise<VersionView[]> {
  return withSystemTx(deps.db, async (tx) => {
    const versions = await listVersions(tx);
    const active = await listActiveLines(tx);
    const drafts = versions.filter(({ state }) => state === "draft").map(({ version }) => version);
    const lines = Map.groupBy(await listLines(tx, drafts), ({ version }) => version);
    return versions.map((each) => ({ ...each, changes: changesOf(lines.get(each.version) ?? [], active) }));
  });
}

/** Where a draft's prices are not the active ones. */
export function changesOf(draft: readonly LineRow[], active: readonly LineRow[]): Change[] {
  return draft.flatMap((line) => {
    const now = active.find(({ provider, model }) => provider === line.provider && model === line.model);
    const [before, after] = [now ? pricesOf(now) : new Map<string, Priced>(), pricesOf(line)];
    return [...new Map([...before, ...after])].flatMap(([key, { name, tier }]) => {
      const [from, to] = [before.get(key)?.usd ?? null, after.get(key)?.usd ?? null];
      return from === to ? [] : [{ model: line.model, line: name, tier, from, to }];
    });
  });
}

type Priced = { name: string; tier: string | null; usd: string };

/** Every price of a line, the standing ones first. */
function pricesOf(line: LineRow): Map<string, Priced> {
  const standing = Object.entries(linesIn(line)).map(([name, usd]) => ({ name, tier: null, usd }));
  const rest = line.tiers.flatMap((tier) =>
    Object.entries(tier.prices).map(([name, usd]) => ({ name, tier: tierName(tier), usd })),
  );
  return new Map([...standing, ...rest].map((each) => [`${each.tier ?? ""} ${each.name}`, each]));
}
