import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { withoutContext } from "./context.ts";
import { keepInteresting } from "./keep-spans.ts";
import { traceOutgoing } from "./outgoing.ts";
import { NO_TRACING, type Attributes, type TraceSpan, type Tracing } from "./span.ts";

export type TracingOptions = {
  /** Base address of an OTLP/HTTP receiver; null turns tracing off. */
  endpoint: string | null;
  version: string;
  /** Share that is kept of what neither failed nor was slow: 0 to 1. */
  ratio: number;
  /** Milliseconds from which a request or job is slow; default 1 s. */
  slowMs?: number;
};

const SLOW_MS = 1_000;
const EXPORT_EVERY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 5_000;
const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };
const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}$/;

/** Spans of requests, jobs, statements and calls, handed to a collector. Off, nothing is made and nothing is listened to. */
export function createTracing({ endpoint, version, ratio, slowMs = SLOW_MS }: TracingOptions): Tracing {
  if (endpoint === null) return NO_TRACING;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const batches = new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS });
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({ "service.name": "holdfast", "service.version": version }),
    // Exporting is no part of the request whose end starts it.
    spanProcessors: [
      keepInteresting(
        { ...bound(batches), onEnd: (span) => withoutContext(() => batches.onEnd(span)) },
        { ratio, slowMs },
      ),
    ],
  });
  const tracer = provider.getTracer("holdfast", version);
  const ours = new WeakSet<TraceSpan>();
  const wrap = (span: Span): TraceSpan => {
    const { traceId, spanId } = span.spanContext();
    const within = trace.setSpan(ROOT_CONTEXT, span);
    const wrapped: TraceSpan = {
      traceId,
      traceparent: `00-${traceId}-${spanId}-01`,
      child: (name, attributes: Attributes = {}) =>
        wrap(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, within)),
      set: (attributes) => void span.setAttributes(attributes),
      end(failed) {
        if (failed !== undefined)
          span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute("error.type", failed);
        span.end();
      },
    };
    ours.add(wrapped);
    return wrapped;
  };
  const stopListening = traceOutgoing((span) => ours.has(span));
  return {
    start: (name, kind, traceparent) =>
      wrap(tracer.startSpan(name, { kind: KINDS[kind] }, contextOf(traceparent))),
    async close() {
      stopListening();
      // A collector that is away keeps nobody from stopping.
      await provider.shutdown().catch(() => undefined);
    },
  };
}

function contextOf(traceparent: string | undefined) {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (!traceId || !spanId) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

const bound = (processor: BatchSpanProcessor) => ({
  onStart: processor.onStart.bind(processor),
  forceFlush: () => processor.forceFlush(),
  shutdown: () => processor.shutdown(),
});
