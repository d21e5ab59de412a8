import { withSystemTx } from "../../../../platform/db/index.ts";
import { listsWays, readWays } from "../../../../vendors/llm/index.ts";
import type { Gateway } from "../../settling/state.ts";
import { keepWays } from "./store.ts";

const TIMEOUT_MS = 30_000;

/**
 * Reads how models may be asked to think from the lists of those who tell it. It is no price: it counts at once, everywhere.
 * Where a list is not there, what was known stays.
 */
export async function refreshWays({ deps, providers, registry }: Gateway): Promise<void> {
  let changed = false;
  for (const { id, enabled, llm } of providers.values()) {
    if (!enabled || !listsWays(llm.kind)) continue;
    const ways = readWays(await llm.listModels(AbortSignal.timeout(TIMEOUT_MS)));
    if (ways === null) continue;
    const now = deps.clock.now();
    changed = (await withSystemTx(deps.db, (tx) => keepWays(tx, id, ways, now))) || changed;
  }
  if (changed) await registry.changed();
}
