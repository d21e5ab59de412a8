/** Logs, metrics and traces. Owns the process's logger, its Prometheus registry and its spans. */
export { createLogger, type Logger } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { context, createContext, withContext, type Context } from "./context.ts";
export { createTracing, type TracingOptions } from "./tracing.ts";
export { NO_TRACING, type TraceSpan, type Tracing } from "./span.ts";
