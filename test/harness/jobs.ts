/** One process that enqueues and runs durable jobs, without the rest of the server. */
import { createBus } from "../../server/platform/bus/index.ts";
import { systemClock, type Clock } from "../../server/platform/clock.ts";
import { createDb, type Db } from "../../server/platform/db/index.ts";
import { createJobs, createLoops, type Jobs } from "../../server/platform/jobs/index.ts";
import { createHub, type Hub } from "../../server/platform/realtime/index.ts";
import { createLogger, createMetrics, type Metrics } from "../../server/platform/telemetry/index.ts";

export type JobProcess = {
  readonly jobs: Jobs;
  readonly db: Db;
  readonly hub: Hub;
  readonly metrics: Metrics;
  /** Log lines so far. */
  readonly lines: readonly string[];
  /** Starts claiming; before, it only enqueues. */
  work(places?: number): void;
  /** Ends as a process does that is told to. */
  stop(): Promise<void>;
};

export function startJobProcess(url: string, clock: Clock = systemClock): JobProcess {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const metrics = createMetrics("0");
  const db = createDb({ url });
  const bus = createBus({ db, directUrl: url, logger });
  const hub = createHub(bus);
  const jobs = createJobs({ db, clock, bus, hub, logger, metrics });
  const loops = createLoops(logger, metrics);
  let ended: Promise<void> | null = null;
  const end = async () => {
    await Promise.all([loops.stop(10_000), jobs.stop(10_000)]);
    hub.close();
    await bus.close();
    await db.close();
  };
  return {
    jobs,
    db,
    hub,
    metrics,
    lines,
    work: (places = 20) => jobs.start(loops, places),
    stop: () => (ended ??= end()),
  };
}
