import { withSystemTx } from "../../platform/db/index.ts";
import type { InboxDeps } from "./deps.ts";
import { countEvents } from "./read.ts";

/** The inbox's metrics. A type is named only if a handler names it, so that nobody outside makes series. */
export function createSignals({ db, clock, metrics, handlers }: InboxDeps) {
  const named = new Set(handlers.flatMap(({ types }) => [...types]));
  const waiting = () => withSystemTx(db, (tx) => countEvents(tx, clock.now()));
  const states = metrics.gauge("webhook_events", "Events unfinished or dead", ["state"], async () => {
    const counts = await waiting();
    for (const state of ["received", "waiting_retry", "processing", "dead"] as const)
      states.set({ state }, counts[state]);
  });
  const oldest = metrics.gauge(
    "webhook_oldest_seconds",
    "Age of the oldest event that waits",
    [],
    async () => {
      oldest.set((await waiting()).oldest_seconds);
    },
  );
  return {
    ack: metrics.histogram("webhook_ack_seconds", "Seconds from the request to the durable event", [
      "source",
    ]),
    total: metrics.counter("webhooks_total", "Requests to the inbox", ["source", "outcome"]),
    conflicts: metrics.counter(
      "webhook_transmission_conflicts_total",
      "Transmissions that came once more with another body",
      ["source"],
    ),
    process: metrics.histogram("webhook_process_seconds", "Seconds from claim to result", ["type", "result"]),
    typeLabel: (type: string) => (named.has(type) ? type : "other"),
  };
}

export type Signals = ReturnType<typeof createSignals>;
