/** Durable acknowledgements a second of `POST /webhooks/stripe`: signed events, each new, answered after their commit. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { EventKind } from "./events.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

export type AckBench = { acksPerSecond: number; p50Ms: number; p99Ms: number; refused: number };

/** `url` is the server's endpoint, `secret` its signing secret. The server runs in a process of its own. */
export async function benchAcks(options: {
  url: string;
  secret: string;
  seconds: number;
  concurrency: number;
  kind?: EventKind;
  /** Requests a second; left out: each connection sends as soon as it was answered. */
  perSecond?: number;
}): Promise<AckBench> {
  const load = async (seconds: number) => {
    const workerData: LoadOptions = {
      kind: "charge",
      ...options,
      seconds,
      eventsPerSecond: options.perSecond ?? 12_000,
    };
    const worker = new Worker(new URL("./load.ts", import.meta.url), { workerData });
    const [result] = (await once(worker, "message")) as [LoadResult];
    return result;
  };
  await load(Math.min(1, options.seconds));
  const result = await load(options.seconds);
  const at = (part: number) => result.latenciesMs[Math.floor(part * (result.latenciesMs.length - 1))] ?? 0;
  return {
    acksPerSecond: result.acks / result.seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    refused: result.refused,
  };
}
