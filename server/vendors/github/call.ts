import { z } from "zod";
import type { Metrics } from "../../platform/telemetry/index.ts";

const MAX_ANSWER_BYTES = 1024 * 1024;

/** GitHub did not answer in time, or not with what it documents. */
export class GithubAway extends Error {}
/** GitHub answered no; `code` is its own. */
export class GithubRefusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`github refused: ${code}`);
    this.code = code;
  }
}

export type GithubCall = <T>(
  op: string,
  request: { method: "GET" | "POST"; url: string; headers?: Record<string, string>; form?: URLSearchParams },
  schema: z.ZodType<T>,
) => Promise<T>;

const refusal = z.object({ error: z.string() });

export function createCall(metrics: Metrics, timeoutMs: number): GithubCall {
  const labels = ["vendor", "op"] as const;
  const seconds = metrics.histogram("vendor_seconds", "Seconds of one call to a company", labels);
  const total = metrics.counter("vendor_calls_total", "Calls to a company", [...labels, "outcome"]);
  return async (op, { method, url, headers, form }, schema) => {
    const end = seconds.startTimer({ vendor: "github", op });
    let outcome = "unavailable";
    try {
      const answer = await fetch(url, {
        method,
        headers: { accept: "application/json", "user-agent": "holdfast", ...headers },
        ...(form === undefined ? {} : { body: form }),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const value = await readJson(answer);
      // A refused code is answered with 200, so the body is looked at first.
      const no = refusal.safeParse(value);
      if (no.success || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) {
        outcome = "refused";
        throw new GithubRefusal(no.data?.error ?? String(answer.status));
      }
      if (!answer.ok) throw new GithubAway(`answered ${answer.status}`);
      const parsed = schema.safeParse(value);
      if (!parsed.success) throw new GithubAway("an unexpected answer", { cause: parsed.error });
      outcome = "ok";
      return parsed.data;
    } catch (cause) {
      if (cause instanceof GithubAway || cause instanceof GithubRefusal) throw cause;
      throw new GithubAway("no answer", { cause });
    } finally {
      end();
      total.inc({ vendor: "github", op, outcome });
    }
  };
}

async function readJson(answer: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new GithubAway("an answer too long");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (answer.ok) throw new GithubAway("an answer that is not JSON", { cause });
    return null;
  }
}
