import type { Clock } from "../clock.ts";
import { withSystemTx, type Db } from "../db/index.ts";
import type { Metrics } from "../telemetry/index.ts";
import { countQueue } from "./queue/queue-store.ts";

const made = new WeakMap<Metrics, ReturnType<typeof create>>();

const create = (metrics: Metrics) => ({
  seconds: metrics.histogram("job_seconds", "Seconds of one run", ["kind"]),
  total: metrics.counter("jobs_total", "Runs", ["kind", "outcome"]),
});

/** The metrics that loops and durable jobs share; one set per registry. */
export function runSignals(metrics: Metrics): ReturnType<typeof create> {
  const known = made.get(metrics) ?? create(metrics);
  made.set(metrics, known);
  return known;
}

/** Tells a kind's outcomes before they happen: what is first seen at 1 is no increase to an alert. */
export function startCounting(metrics: Metrics, kind: string, ...outcomes: string[]): void {
  for (const outcome of outcomes) runSignals(metrics).total.inc({ kind, outcome }, 0);
}

/** The queue's metrics. Kinds are those of the code, so nobody outside makes series. */
export function createSignals({ db, clock, metrics }: { db: Db; clock: Clock; metrics: Metrics }) {
  const states = metrics.gauge("jobs", "Unfinished jobs", ["kind", "state"], async () => {
    const counts = await withSystemTx(db, (tx) => countQueue(tx, clock.now()));
    states.reset();
    for (const { kind, state, count } of counts) states.set({ kind, state }, count);
  });
  return {
    ...runSignals(metrics),
    wait: metrics.histogram("job_wait_seconds", "Seconds from due to running", ["kind"]),
  };
}

export type WorkerSignals = ReturnType<typeof createSignals>;
