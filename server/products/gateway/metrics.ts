import type { Metrics } from "../../platform/telemetry/index.ts";

/** The gateway's metrics. Labels come from closed lists. */
export function createGatewayMetrics(metrics: Metrics, openCalls: () => Iterable<{ startedAt: number }>) {
  const open = metrics.gauge(
    "gateway_open_holds",
    "Calls with an open hold in this process",
    [],
    async () => {
      open.set([...openCalls()].length);
    },
  );
  const oldest = metrics.gauge("gateway_oldest_hold_seconds", "Age of the oldest of them", [], async () => {
    const begun = [...openCalls()].map(({ startedAt }) => startedAt);
    oldest.set(begun.length === 0 ? 0 : (performance.now() - Math.min(...begun)) / 1_000);
  });
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
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
