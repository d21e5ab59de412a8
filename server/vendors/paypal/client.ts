import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import type { z } from "zod";
import { createBreaker } from "../../platform/calls/index.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { faultOf, PaypalFault } from "./fault.ts";
import { createToken, type Ask } from "./token.ts";

/** A call is tried again after these pauses, under the same `PayPal-Request-Id`. */
const PAUSES_MS = [1_000, 2_000];
const TIMEOUT_MS = 10_000;
const CONNECTIONS = 16;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export type ClientOptions = {
  /** Without a slash at the end, e.g. https://api-m.paypal.com. */
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  metrics: Metrics;
  /** Milliseconds of one try; default 10 s. */
  timeoutMs?: number;
  /** Milliseconds before the second and third try; default 1 s and 2 s. */
  pausesMs?: readonly number[];
  /** The time by which calls are not even tried while most fail, in milliseconds; default a monotonic one. */
  nowMs?: () => number;
};

export type PaypalRequest = {
  method: "GET" | "POST" | "DELETE";
  /** With its query; under the base URL. */
  path: string;
  body?: unknown;
  /** Sent as `PayPal-Request-Id`: the same id, the same answer. */
  requestId?: string;
  signal?: AbortSignal;
};

/** One operation of PayPal's API: authorized, measured, tried again while PayPal is away. Throws `PaypalFault`. */
export type CallPaypal = <T>(op: string, request: PaypalRequest, schema: z.ZodType<T>) => Promise<T>;

export type PaypalClient = { call: CallPaypal; close(): Promise<void> };

export function createClient(options: ClientOptions): PaypalClient {
  const { origin, pathname } = new URL(options.baseUrl);
  const prefix = pathname.replace(/\/$/, "");
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1, allowH2: false });
  const breaker = createBreaker(options.nowMs);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const ask: Ask = (request) => send(pool, { ...request, path: prefix + request.path }, timeoutMs);
  const token = createToken(ask, options);
  const measured = measure(options.metrics);

  const attempt = async (request: PaypalRequest): Promise<unknown> => {
    let answer = await authorized(ask, await token.get(), request);
    if (answer.status === 401) {
      token.forget();
      answer = await authorized(ask, await token.get(), request);
    }
    if (answer.status < 200 || answer.status > 299) throw faultOf(answer.status, answer.body);
    return answer.body;
  };
  const guarded = async <T>(op: string, request: PaypalRequest, schema: z.ZodType<T>): Promise<T> => {
    if (!breaker.allows()) throw new PaypalFault("unavailable", "breaker_open", null);
    return measured(op, async () => {
      try {
        const parsed = schema.safeParse(await attempt(request));
        // A success whose body could not be read: the work may have been done.
        if (!parsed.success) throw new PaypalFault("unavailable", "unreadable_answer", parsed.error);
        breaker.ended(true);
        return parsed.data;
      } catch (error) {
        breaker.ended(!(error instanceof PaypalFault && error.kind === "unavailable"));
        throw error;
      }
    });
  };
  return {
    async call(op, request, schema) {
      for (const pause of options.pausesMs ?? PAUSES_MS) {
        try {
          return await guarded(op, request, schema);
        } catch (error) {
          if (!(error instanceof PaypalFault && error.kind === "unavailable")) throw error;
          await delay(pause, undefined, request.signal ? { signal: request.signal } : {});
        }
      }
      return guarded(op, request, schema);
    },
    close: () => pool.destroy(),
  };
}

function measure(metrics: Metrics) {
  const labels = ["vendor", "op"] as const;
  const seconds = metrics.histogram("vendor_seconds", "Seconds of one call to a company", labels);
  const total = metrics.counter("vendor_calls_total", "Calls to a company", [...labels, "outcome"]);
  return async <T>(op: string, act: () => Promise<T>): Promise<T> => {
    const end = seconds.startTimer({ vendor: "paypal", op });
    let outcome = "error";
    try {
      const result = await act();
      outcome = "ok";
      return result;
    } catch (error) {
      if (error instanceof PaypalFault) outcome = error.kind;
      throw error;
    } finally {
      end();
      total.inc({ vendor: "paypal", op, outcome });
    }
  };
}

const authorized = (ask: Ask, token: string, { method, path, body, requestId, signal }: PaypalRequest) =>
  ask({
    method,
    path,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(requestId === undefined ? {} : { "paypal-request-id": requestId }),
      // The whole object, as a GET would answer.
      ...(method === "POST" ? { prefer: "return=representation" } : {}),
    },
    body: body === undefined ? null : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });

/** Throws `PaypalFault` (unavailable) when there is no whole answer in time. */
async function send(
  pool: Pool,
  { method, path, headers, body, signal }: Parameters<Ask>[0],
  timeoutMs: number,
): ReturnType<Ask> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await pool.request({
      method,
      path,
      headers: { accept: "application/json", "user-agent": "holdfast", ...headers },
      body,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new RangeError("an answer too long");
      chunks.push(chunk);
    }
    return { status: answer.statusCode, body: parse(Buffer.concat(chunks).toString("utf8")) };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new PaypalFault("unavailable", limit.aborted ? "timeout" : "no_answer", cause);
  }
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : (JSON.parse(text) as unknown);
  } catch {
    // Told apart by its status; a success without a readable body is `unreadable_answer`.
    return null;
  }
}
