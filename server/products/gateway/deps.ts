import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import type { LanguageModels } from "../../vendors/llm/index.ts";
import type { Timeouts } from "./call/timeouts.ts";

/** What the gateway needs from the house. */
export type GatewayDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  hub: Hub;
  /** The provider; `app.ts` makes it and closes it after `drain`. */
  llm: LanguageModels;
  /** Seconds after its last sign of life that a call is taken for dead; renewed three times as often. */
  holdLeaseSeconds: number;
  /** Calls at the provider at once. */
  maxOpenCalls: number;
  /** Deadlines other than the documented ones; for tests. */
  timeouts?: Partial<Timeouts>;
};
