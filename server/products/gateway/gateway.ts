import { createHoldBatcher } from "../../kernel/ledger/index.ts";
import { Roster } from "../../platform/roster.ts";
import { createSoundReader } from "../../platform/sound/index.ts";
import { createTokenCounter } from "../../vendors/llm/index.ts";
import { defaultTimeouts } from "./call/relay/timeouts.ts";
import { hitsOf } from "./cache/serve.ts";
import { keepEntries, noteHits } from "./cache/store.ts";
import { noteShortened } from "./compression/store.ts";
import { createLongPrompts } from "./call/long-prompts.ts";
import { createWatch } from "./call/relay/watch.ts";
import type { GatewayDeps } from "./deps.ts";
import { inProgress } from "./keys/idempotency.ts";
import { insertKeys } from "./keys/idempotency-store.ts";
import { keepAnswers } from "./keys/kept-store.ts";
import { openGate } from "./limits/gate.ts";
import { createPolicies } from "./limits/policy.ts";
import { noteHeard } from "./memory/learn/heard-store.ts";
import { createChoices } from "./memory/own/choice.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { openRegistry } from "./models/registry.ts";
import { createOwnKeys } from "./own-keys/own-keys.ts";
import { shareBreakers } from "./routing/health/shared.ts";
import { createRoutings } from "./routing/routings.ts";
import { startSigns } from "./settling/signs.ts";
import type { Gateway, HoldItem } from "./settling/state.ts";
import { changed, finishRequests, insertRequests, type Finish } from "./store.ts";

const DRAIN_MS = 120_000;
/** For the settlements of calls that were cut. */
const SETTLE_MS = 10_000;

/** What a stop waits for. */
const endsOf = ({ running, settling }: Gateway) => [...[...running].map(({ done }) => done), ...settling];

const judgedOf = ({ judged }: HoldItem) => judged;

/** Reads and records providers and prices, then is ready to serve. Throws when a released price was edited. */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const { providers: environment, maxOpenCalls: maxConnections } = deps;
  const registry = await openRegistry({ ...deps, environment, maxConnections });
  const calls: Gateway["calls"] = new Roster();
  const running: Gateway["running"] = new Roster();
  const settling: Gateway["settling"] = new Roster();
  const catalogue = () => registry.catalogue;
  const breakers = shareBreakers(deps, catalogue);
  const tokens = createTokenCounter();
  const sounds = createSoundReader();
  const gateway: Gateway = {
    deps,
    registry,
    get catalogue() {
      return registry.catalogue;
    },
    get providers() {
      return registry.providers;
    },
    routings: createRoutings(deps),
    ownKeys: createOwnKeys(deps),
    breakers,
    choices: createChoices(deps),
    batcher: createHoldBatcher<HoldItem, Finish>(deps.db, {
      now: deps.clock,
      alongside: {
        ...alongside,
        gate: (tx, org, items) => openGate(tx, org, items.map(judgedOf), deps.clock.now()),
      },
      ...(deps.announce ? { announce: deps.announce } : {}),
    }),
    longPrompts: createLongPrompts(),
    tokens,
    sounds,
    policies: createPolicies(deps),
    summaries: new Map(),
    watch: createWatch(),
    timeouts: { ...defaultTimeouts, ...deps.timeouts },
    metrics: createGatewayMetrics({ ...deps, catalogue, breakers }),
    running,
    calls,
    settling,
    async drain(timeoutMs = DRAIN_MS) {
      const late = Promise.withResolvers<"late">();
      const timers = [
        setTimeout(() => [...running].forEach(({ connection }) => connection.destroy()), timeoutMs),
        // Without a database settlements never end here; the reconciler finds their lapsed leases.
        setTimeout(() => late.resolve("late"), timeoutMs + SETTLE_MS),
      ];
      let given: unknown;
      while (given !== "late" && running.size + settling.size > 0)
        given = await Promise.race([Promise.allSettled(endsOf(gateway)), late.promise]);
      timers.forEach(clearTimeout);
      stopSigns();
      gateway.policies.close();
      await Promise.all([tokens.close(), sounds.close()]);
      if (given === "late") return;
      await gateway.batcher.drain();
    },
    async close() {
      gateway.breakers.close();
      gateway.routings.close();
      gateway.ownKeys.close();
      gateway.choices.close();
      await registry.close();
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
    const done = changed(items);
    const kept = done.flatMap(({ id, kept: answer, finished_at }) =>
      answer ? [{ request_id: id, ...answer, created_at: finished_at }] : [],
    );
    const entries = done.flatMap(({ cached }) => cached ?? []);
    const heard = done.flatMap((row) => row.heard ?? []);
    const writes = [finishRequests(tx, org, done), keepAnswers(tx, org, kept), keepEntries(tx, org, entries)];
    writes.push(noteHeard(tx, org, heard));
    const shorter = done.flatMap(({ id, created_at: at, shortened }) =>
      shortened ? [{ requestId: id, at, shortened }] : [],
    );
    tx.last(Promise.all([...writes, noteHits(tx, org, hitsOf(done)), noteShortened(tx, org, shorter)]));
  },
};
