import type { Clock } from "../../platform/clock.ts";
import type { Sealer } from "../../platform/crypto/index.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Limiter } from "../../platform/rate-limit/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import type { AnyHandler } from "./events/event.ts";
import type { Source } from "./sources/source.ts";

export type InboxDeps = {
  db: Db;
  clock: Clock;
  hub: Hub;
  logger: Logger;
  metrics: Metrics;
  /** Counts unverified requests per address, and verified ones where an endpoint has a cap. */
  limiter: Limiter;
  /** Keeps secrets at rest. */
  sealer: Sealer;
  /** Where companies reach this installation. */
  baseUrl: string;
  /** `max_attempts` of an endpoint that is made now. */
  maxAttempts: number;
  sources: readonly Source[];
  handlers: readonly AnyHandler[];
};
