import { SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";

/** Requests and jobs under way whose spans are held back, and spans of one; what comes above that is dropped. */
const MAX_HELD = 2_000;
const MAX_SPANS = 300;
const RANGE = 2 ** 32;

type Held = { spans: ReadableSpan[]; failed: boolean };

/**
 * Holds the spans of a request or job until it is over, since only then it shows whether it is worth keeping: what failed and
 * what was slow always is, of the rest the share `ratio`, chosen by the trace's id, so that all processes choose alike.
 */
export function keepInteresting(
  next: SpanProcessor,
  { ratio, slowMs }: { ratio: number; slowMs: number },
): SpanProcessor {
  const held = new Map<string, Held>();
  const isChosen = (traceId: string) => Number.parseInt(traceId.slice(-8), 16) < ratio * RANGE;
  return {
    onStart(span, parent) {
      next.onStart(span, parent);
      if (!isFirst(span)) return;
      const [oldest] = held.keys();
      if (held.size >= MAX_HELD && oldest !== undefined) held.delete(oldest);
      held.set(span.spanContext().spanId, { spans: [], failed: false });
    },
    onEnd(span) {
      const first = isFirst(span);
      const { spanId, traceId } = span.spanContext();
      const key = first ? spanId : (span.parentSpanContext?.spanId ?? "");
      const work = held.get(key);
      // What goes on after its request or job was over belongs to nothing.
      if (!work) return;
      if (first || work.spans.length < MAX_SPANS) work.spans.push(span);
      if (span.status.code === SpanStatusCode.ERROR) work.failed = true;
      if (!first) return;
      held.delete(key);
      const ms = span.duration[0] * 1_000 + span.duration[1] / 1e6;
      if (work.failed || ms >= slowMs || isChosen(traceId)) for (const each of work.spans) next.onEnd(each);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

/** Begun here: by nobody, or by another process. */
const isFirst = (span: Pick<ReadableSpan, "parentSpanContext">): boolean =>
  span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
