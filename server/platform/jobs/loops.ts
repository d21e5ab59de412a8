/** Recurring work inside a worker process: sweeps and pollers. Nothing of it survives the process; durable jobs do. */
import {
  createContext,
  NO_TRACING,
  withContext,
  type Logger,
  type Metrics,
  type Tracing,
} from "../telemetry/index.ts";
import { runSignals, startCounting } from "./signals.ts";

export type Loop = {
  /** Runs as soon as possible, also while a run is under way (then once more). */ wake(): void;
};

export type Loops = {
  /** Runs `work` every `everyMs` and when woken, one run at a time. A run that returns true is followed at once by the next. */
  every(name: string, everyMs: number, work: (signal: AbortSignal) => Promise<boolean | void>): Loop;
  /** No further run starts; resolves when those under way ended or `timeoutMs` passed. */
  stop(timeoutMs: number): Promise<void>;
};

type LoopOptions = {
  tracing?: Tracing;
  /** Tests divide the waits between runs by this. */
  haste?: number;
};

export function createLoops(
  logger: Logger,
  metrics: Metrics,
  { tracing = NO_TRACING, haste = 1 }: LoopOptions = {},
): Loops {
  const { seconds, total } = runSignals(metrics);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const timers = new Set<() => void>();

  const every: Loops["every"] = (name, everyMs, work) => {
    startCounting(metrics, name, "ok", "failed");
    let timer: NodeJS.Timeout | undefined;
    let busy = false;
    let again = false;
    const schedule = (ms: number) => {
      clearTimeout(timer);
      if (!stopping.signal.aborted) timer = setTimeout(start, ms);
    };
    const run = async () => {
      const end = seconds.startTimer({ kind: name });
      const own = createContext(tracing.start(`job ${name}`, "consumer"));
      try {
        again = (await withContext(own, () => work(stopping.signal))) === true || again;
        total.inc({ kind: name, outcome: "ok" });
        own.trace?.end();
      } catch (err) {
        total.inc({ kind: name, outcome: "failed" });
        withContext(own, () => logger.error({ job: name, err }, "job failed"));
        own.trace?.end(nameOf(err));
      }
      end();
    };
    const start = () => {
      if (busy || stopping.signal.aborted) return;
      busy = true;
      again = false;
      const done = run().finally(() => {
        busy = false;
        running.delete(done);
        schedule(again ? 0 : everyMs / haste);
      });
      running.add(done);
    };
    timers.add(() => clearTimeout(timer));
    schedule(0);
    return {
      wake() {
        if (busy) again = true;
        else schedule(0);
      },
    };
  };
  return {
    every,
    async stop(timeoutMs) {
      stopping.abort();
      for (const clear of timers) clear();
      const { promise: timeout, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      await Promise.race([Promise.all(running), timeout]);
      clearTimeout(timer);
    },
  };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "error");
