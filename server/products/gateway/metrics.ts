import type { Clock } from "../../platform/clock.ts";
import { withOperatorTx, type Db } from "../../platform/db/index.ts";
import { ATTO_PER_MICRO } from "../../platform/money.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import type { Catalogue } from "./models/catalogue.ts";
import { BREAKER_STATES } from "./routing/health/breaker.ts";
import type { SharedBreakers } from "./routing/health/shared.ts";
import { openRequests } from "./store.ts";

type Watched = {
  metrics: Metrics;
  db: Db;
  clock: Clock;
  catalogue: () => Catalogue;
  breakers: Pick<SharedBreakers, "state">;
};

/** The gateway's metrics. Labels come from closed lists. */
export function createGatewayMetrics(watched: Watched) {
  const { metrics, db, clock } = watched;
  const lost = metrics.counter("gateway_loss_micros_total", "What providers billed and no caller pays");
  const above = metrics.counter("gateway_above_hold_micros_total", "What calls cost above their holds");
  watchHolds(metrics, db, clock);
  watchBreakers(watched);
  return {
    requests: metrics.counter("gateway_requests_total", "Model calls that were held", [
      "endpoint",
      "outcome",
    ]),
    addedSeconds: metrics.histogram("gateway_added_seconds", "Time a call spent in hold and settlement"),
    firstContentSeconds: metrics.histogram("gateway_first_content_seconds", "From request to first content"),
    refused: metrics.counter("gateway_refused_total", "Model calls that were not held", ["reason"]),
    attempts: metrics.counter("gateway_attempts_total", "Calls at a provider", ["provider", "outcome"]),
    memoryRead: metrics.counter("gateway_memory_read_total", "Readings of what people said in their calls", [
      "outcome",
    ]),
    memoryFacts: metrics.counter("gateway_memory_facts_total", "What became of facts about people", ["act"]),
    settled: metrics.counter("gateway_settled_total", "Settlements", ["basis"]),
    priceRefreshes: metrics.counter("gateway_price_refresh_total", "Readings of a provider's price list", [
      "provider",
      "outcome",
    ]),
    /** In 10⁻¹⁸ USD. */
    aboveHold: (atto: bigint) => above.inc(Number(atto) / Number(ATTO_PER_MICRO)),
    lost: (atto: bigint) => lost.inc(Number(atto) / Number(ATTO_PER_MICRO)),
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** Of all processes, those of calls whose process died as well: every process tells the same. */
function watchHolds(metrics: Metrics, db: Db, clock: Clock): void {
  const read = () => withOperatorTx(db, openRequests);
  const open = metrics.gauge(
    "gateway_open_holds",
    "Calls of all processes with an open hold",
    [],
    async () => {
      open.set((await read()).count);
    },
  );
  const oldest = metrics.gauge("gateway_oldest_hold_seconds", "Age of the oldest of them", [], async () => {
    const { oldestAt } = await read();
    oldest.set(oldestAt === null ? 0 : (clock.now().getTime() - oldestAt.getTime()) / 1_000);
  });
}

/** As the processes have told each other: all that heard it tell the same. */
function watchBreakers({ metrics, clock, catalogue, breakers }: Watched): void {
  const gauge = metrics.gauge(
    "gateway_breaker_state",
    "A provider's models by their breaker, as all processes were told",
    ["provider", "state"],
    async () => {
      const now = clock.now().getTime();
      const candidates = [...catalogue().models.values()].flatMap((model) => model.candidates);
      for (const [provider, some] of Map.groupBy(candidates, (each) => each.provider.id))
        for (const state of BREAKER_STATES) {
          const count = some.filter((each) => breakers.state(each, now) === state).length;
          gauge.set({ provider, state }, count);
        }
    },
  );
}
