import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Seconds; from 0.5 ms to 30 s. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type Metrics = {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: () => Promise<void>,
  ): Gauge<L>;
  histogram<L extends string>(name: string, help: string, labels?: readonly L[]): Histogram<L>;
  /** Also measures the process itself: memory, CPU, event loop. Once in a process: its timer runs until that ends. */
  measureProcess(): void;
  /** Everything that this process measures, by full name, with its labels: what alerts and dashboards may name. */
  list(): { name: string; type: string; labels: readonly string[] }[];
  /** The text that `/metrics` serves. */
  text(): Promise<string>;
  readonly contentType: string;
};

/** A registry of its own per process; every name gets the prefix `holdfast_`. No label may hold an org, a person or free text. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const base = <L extends string>(name: string, help: string, labels: readonly L[]) => ({
    name: `holdfast_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  // Two parts may count under one name, e.g. calls to companies: the first one to ask makes it.
  const known = <M>(name: string): M | undefined =>
    registry.getSingleMetric(`holdfast_${name}`) as M | undefined;
  const metrics: Metrics = {
    counter: (name, help, labels = []) => known(name) ?? new Counter(base(name, help, labels)),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({ ...base(name, help, labels), ...(collect ? { collect } : {}) }),
    histogram: (name, help, labels = []) =>
      known(name) ?? new Histogram({ ...base(name, help, labels), buckets: SECONDS }),
    measureProcess: () => collectDefaultMetrics({ register: registry, prefix: "holdfast_" }),
    list: () =>
      registry.getMetricsAsArray().map(({ name, type, ...rest }) => ({
        name,
        type: String(type),
        labels: (rest as { labelNames?: string[] }).labelNames ?? [],
      })),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
  metrics.gauge("build_info", "Always 1; the label names the version", ["version"]).set({ version }, 1);
  return metrics;
}
