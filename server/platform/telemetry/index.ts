/** Logs and metrics. Owns the process's logger and its Prometheus registry. */
export { createLogger, type Logger } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { context, createContext, withContext, type Context } from "./context.ts";
