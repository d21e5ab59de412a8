import type { Clock } from "../clock.ts";
import type { Db } from "../db/index.ts";
import type { Limiter } from "../rate-limit/index.ts";
import type { Logger, Metrics, Tracing } from "../telemetry/index.ts";
import type { Actor, Authenticate } from "./access.ts";

export type HttpOptions = {
  logger: Logger;
  metrics: Metrics;
  /** Left out: requests are not traced. */
  tracing?: Tracing;
  clock: Clock;
  db: Db;
  limiter: Limiter;
  authenticate: Authenticate;
  /** Told which scope let a key in, with each of its requests. */
  scopeUsed?: (actor: Actor, scope: string) => void;
  version: string;
  baseUrl: string;
  /** Proxies whose forwarded addresses count. */
  trustedProxies: readonly string[];
  /** The built console, or null for an API alone. */
  pagesDir: string | null;
};
