import { withSystemTx } from "../../platform/db/index.ts";
import type { InboxDeps } from "./deps.ts";
import { listSilences } from "./alerts/alert.ts";
import { listLags } from "./backfills/store.ts";
import { countEvents } from "./events/read.ts";

/** The inbox's metrics. A type is named only if a handler names it, so that nobody outside makes series. */
export function createSignals({ db, clock, metrics, handlers, sources }: InboxDeps) {
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
  const missed = metrics.gauge(
    "webhook_undelivered",
    "Events of a day that a company lists, over 15 minutes old, and never delivered",
    ["account"],
    async () => {
      missed.reset();
      for (const { account_id: account, missed: count } of await withSystemTx(db, (tx) =>
        listSilences(tx, clock.now()),
      ))
        missed.set({ account }, count);
    },
  );
  const lag = metrics.gauge(
    "backfill_lag_seconds",
    "Age of the point up to which a company's list was read",
    ["account"],
    async () => {
      lag.reset();
      for (const { account, seconds } of await withSystemTx(db, (tx) => listLags(tx, clock.now())))
        lag.set({ account }, seconds);
    },
  );
  const total = metrics.counter("webhooks_total", "Requests to the inbox", ["source", "outcome"]);
  const conflicts = metrics.counter(
    "webhook_transmission_conflicts_total",
    "Transmissions that came once more with another body",
    ["source"],
  );
  // Told before they happen: what is first seen at 1 is no increase to an alert.
  for (const { name: source } of sources) {
    conflicts.inc({ source }, 0);
    for (const outcome of ["stored", "unverified"]) total.inc({ source, outcome }, 0);
  }
  return {
    ack: metrics.histogram("webhook_ack_seconds", "Seconds from the request to the durable event", [
      "source",
    ]),
    total,
    conflicts,
    process: metrics.histogram("webhook_process_seconds", "Seconds from claim to result", ["type", "result"]),
    typeLabel: (type: string) => (named.has(type) ? type : "other"),
  };
}

export type Signals = ReturnType<typeof createSignals>;
