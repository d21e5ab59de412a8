import { PrivateAddressError, publicFetch } from "../../../../platform/outbound/index.ts";
import type { Clock } from "../../../../platform/clock.ts";
import { readRetryAfter } from "./schedule.ts";

const CONNECT_MS = 5_000;
/** Kept of each answer. */
const ANSWER_BYTES = 4 * 1024;

export type Outcome = {
  startedAt: Date;
  ms: number;
  /** Null: there was no answer. */
  status: number | null;
  error: string | null;
  answer: string | null;
  retryAfterMs: number | null;
};

export type Post = (
  url: string,
  message: { headers: Record<string, string>; body: string },
  signal: AbortSignal,
) => Promise<Outcome>;

/**
 * Posts to addresses that customers chose: a name that leads into this network is refused where the connection is made,
 * but for the hosts that the configuration names; redirects are not followed; the whole exchange has one time limit.
 * Rejects only when `signal` ends it.
 */
export function createPost(options: {
  clock: Clock;
  privateHosts: ReadonlySet<string>;
  timeoutMs: number;
}): Post {
  const outside = publicFetch(CONNECT_MS);
  return async (url, { headers, body }, signal) => {
    const startedAt = options.clock.now();
    const began = performance.now();
    const call = options.privateHosts.has(new URL(url).host) ? fetch : outside;
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const done = (rest: Omit<Outcome, "startedAt" | "ms">): Outcome => ({
      startedAt,
      ms: Math.round(performance.now() - began),
      ...rest,
    });
    try {
      const answer = await call(url, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "Holdfast-Relay/1", ...headers },
        body,
        redirect: "manual",
        signal: AbortSignal.any([timeout, signal]),
      });
      const text = await firstBytes(answer);
      return done({
        status: answer.status,
        error: errorOf(answer.status),
        answer: text,
        retryAfterMs: readRetryAfter(answer.headers.get("retry-after"), options.clock.now()),
      });
    } catch (cause) {
      if (signal.aborted) throw cause;
      const error = timeout.aborted ? "timeout" : faultOf(cause);
      return done({ status: null, error, answer: null, retryAfterMs: null });
    }
  };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;
function errorOf(status: number): string | null {
  if (isSuccess(status)) return null;
  return status >= 300 && status < 400 ? "redirect" : "status";
}

/** Text without what PostgreSQL cannot keep. */
async function firstBytes(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = answer.body?.getReader();
  while (reader && size < ANSWER_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.byteLength;
  }
  await reader?.cancel();
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString("utf8").replaceAll("\0", "");
}

/** A word for what kept us from an answer; addresses and texts of libraries stay here. */
function faultOf(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof PrivateAddressError) return "private_address";
    const { code } = cause as { code?: unknown };
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "name_not_found";
    if (code === "ECONNREFUSED") return "connection_refused";
    if (typeof code === "string" && /CERT|TLS|SSL/.test(code)) return "tls";
  }
  return "connection_failed";
}
