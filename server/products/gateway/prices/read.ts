import { withSystemTx } from "../../../platform/db/index.ts";
import { listActiveLines, type LineRow } from "../models/store.ts";
import type { Gateway } from "../settling/state.ts";
import { PRICES } from "./refresh.ts";
import { listLines, listVersions, type VersionRow } from "./store.ts";

export type Change = { model: string; line: string; from: string | null; to: string };
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

function changesOf(draft: readonly LineRow[], active: readonly LineRow[]): Change[] {
  return draft.flatMap((line) => {
    const now = active.find(({ provider, model }) => provider === line.provider && model === line.model);
    return PRICES.filter((name) => now?.[name] !== line[name]).map((name) => ({
      model: line.model,
      line: name.replace("_usd", ""),
      from: now?.[name] ?? null,
      to: line[name],
    }));
  });
}
