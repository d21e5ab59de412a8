import { createHoldBatcher } from "../../kernel/ledger/index.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import { assert } from "../../platform/problem.ts";
import { createTokenCounter } from "../../vendors/llm/index.ts";
import { defaultTimeouts } from "./call/timeouts.ts";
import { createWatch } from "./call/watch.ts";
import type { GatewayDeps } from "./deps.ts";
import { inProgress } from "./idempotency.ts";
import { insertKeys } from "./idempotency-store.ts";
import { openGate } from "./limits/gate.ts";
import { createPolicies } from "./limits/policy.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { readCatalogue, type Catalogue } from "./models/catalogue.ts";
import { startSigns } from "./signs.ts";
import type { Gateway, HoldItem } from "./state.ts";
import { changed, finishRequests, insertRequests, recordPrices, type Finish } from "./store.ts";

const DRAIN_MS = 120_000;
/** For the settlements of calls that were cut. */
const SETTLE_MS = 10_000;

/** Reads and records the price list, then is ready to serve. Throws when a released price was edited. */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const catalogue = readCatalogue();
  await recordCatalogue(deps, catalogue);
  const calls: Gateway["calls"] = new Set();
  const running: Gateway["running"] = new Map();
  const settling: Gateway["settling"] = new Set();
  const tokens = createTokenCounter();
  const gateway: Gateway = {
    deps,
    catalogue,
    batcher: createHoldBatcher<HoldItem, Finish>(deps.db, {
      now: deps.clock,
      alongside: {
        ...alongside,
        gate(tx, org, items) {
          const judged = items.map((item) => item.judged);
          return openGate(tx, org, judged, deps.clock.now());
        },
      },
    }),
    tokens,
    policies: createPolicies(deps),
    watch: createWatch(),
    timeouts: { ...defaultTimeouts, ...deps.timeouts },
    metrics: createGatewayMetrics(deps.metrics, () => calls),
    running,
    calls,
    settling,
    async drain(timeoutMs = DRAIN_MS) {
      const late = Promise.withResolvers<"late">();
      const timers = [
        setTimeout(() => running.forEach((raw) => raw.destroy()), timeoutMs),
        // Without a database settlements never end here; the reconciler finds their lapsed leases.
        setTimeout(() => late.resolve("late"), timeoutMs + SETTLE_MS),
      ];
      let given: unknown;
      while (given !== "late" && running.size + settling.size > 0)
        given = await Promise.race([Promise.allSettled([...running.keys(), ...settling]), late.promise]);
      timers.forEach(clearTimeout);
      stopSigns();
      gateway.policies.close();
      await tokens.close();
      if (given === "late") return;
      await gateway.batcher.drain();
    },
  };
  const stopSigns = startSigns(gateway);
  return gateway;
}

/** The gateway's own rows, in the transaction of the batch that holds or settles. */
const alongside: Parameters<typeof createHoldBatcher<HoldItem, Finish>>[1]["alongside"] = {
  async held(tx, org, items) {
    const requests = items.map(({ request }) => request);
    tx.last(insertRequests(tx, org, requests));
    const keys = items.flatMap(({ key }) => key ?? []);
    if (keys.length === 0) return;
    const free = await insertKeys(tx, org, keys);
    if (keys.some(({ requestId }) => !free.has(requestId))) throw inProgress();
  },
  async settled(tx, org, items) {
    tx.last(finishRequests(tx, org, changed(items)));
  },
};

async function recordCatalogue(
  { db, clock, llm }: GatewayDeps,
  { version, models }: Catalogue,
): Promise<void> {
  const rows = [...models.values()].flatMap(({ id, row }) =>
    row.prices
      ? {
          version,
          model: id,
          provider: llm.name,
          input_usd: row.prices.input,
          output_usd: row.prices.output,
          cache_read_usd: row.prices.cache_read,
          cache_write_usd: row.prices.cache_write,
          request_usd: row.prices.request,
          context_length: row.context_length,
          max_output_tokens: row.max_output_tokens,
        }
      : [],
  );
  const edited = await withSystemTx(db, (tx) => recordPrices(tx, rows, clock.now()));
  assert(
    edited.length === 0,
    `prices of version ${version} are never edited; give the list a new version: ${edited.join(", ")}`,
  );
}
