import type { CustomFetch } from "openid-client";
import type { Metrics } from "../../platform/telemetry/index.ts";

/** Answers longer than this are not read. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export type CallOptions = {
  /** `google`, `sso`: a label of the metrics. */
  name: string;
  metrics: Metrics;
  /** Of each call, connecting and reading included. */
  timeoutMs: number;
  /** Default: the plain one, which connects anywhere. */
  fetch?: typeof globalThis.fetch;
};

/** Fetches with a deadline and a bound, measured. The whole answer is read before it is handed on. */
export function createCall({ name, metrics, timeoutMs, fetch = globalThis.fetch }: CallOptions): CustomFetch {
  const labels = ["vendor", "op"] as const;
  const seconds = metrics.histogram("vendor_seconds", "Seconds of one call to a company", labels);
  const total = metrics.counter("vendor_calls_total", "Calls to a company", [...labels, "outcome"]);
  return async (url, init) => {
    const op = init.method === "POST" ? "token" : "read";
    const end = seconds.startTimer({ vendor: name, op });
    try {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) } as RequestInit);
      const body = await readBounded(answer);
      total.inc({ vendor: name, op, outcome: answer.ok ? "ok" : "refused" });
      return new Response(body, { status: answer.status, headers: answer.headers });
    } catch (error) {
      total.inc({ vendor: name, op, outcome: "unavailable" });
      throw error;
    } finally {
      end();
    }
  };
}

async function readBounded(answer: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (answer.body === null) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new TypeError("the answer is too long");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
