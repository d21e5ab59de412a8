export type Attributes = Record<string, string | number | boolean>;

/** One stretch of work within a trace. Holds names, ids, codes and times; never bodies, addresses, queries or values. */
export type TraceSpan = {
  readonly traceId: string;
  /** As the W3C header `traceparent` names it to whoever is called. */
  readonly traceparent: string;
  /** A stretch within this one. */
  child(name: string, attributes?: Attributes): TraceSpan;
  set(attributes: Attributes): void;
  /** `failed`: a code or the class of an error, never its text. */
  end(failed?: string): void;
};

export type Tracing = {
  /** Begins the work of a request or job, within the trace that `traceparent` names if it names one. Null: tracing is off. */
  start(name: string, kind: "server" | "consumer", traceparent?: string): TraceSpan | null;
  /** Hands over what is gathered. */
  close(): Promise<void>;
};

export const NO_TRACING: Tracing = { start: () => null, close: () => Promise.resolve() };
