import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createContext, withContext, type Context } from "../telemetry/index.ts";
import type { HttpOptions } from "./options.ts";

const HEADERS: Record<string, string> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
  "cache-control": "no-store",
};

/** What is logged as the status of a caller who left before there was one. */
const CLIENT_CLOSED = 499;

/** Request id and security headers on every answer; one wide log line and one metric per request, left ones included. */
export function observe(app: FastifyInstance, { logger, metrics, tracing }: HttpOptions): void {
  const total = metrics.counter("http_requests_total", "HTTP requests", ["route", "method", "status"]);
  const seconds = metrics.histogram("http_duration_seconds", "Seconds to answer", ["route", "method"]);
  const contexts = new WeakMap<object, Context>();

  const record = (request: FastifyRequest, reply: FastifyReply, aborted: boolean) => {
    const context = contexts.get(request);
    if (!context) return;
    contexts.delete(request);
    const route = request.routeOptions.url ?? "unknown";
    const { method } = request;
    const status = aborted && !reply.raw.headersSent ? CLIENT_CLOSED : reply.statusCode;
    const ms = reply.elapsedTime;
    total.inc({ route, method, status });
    seconds.observe({ route, method }, ms / 1000);
    if (aborted) context.note("aborted", true);
    endSpan(context, { route, status });
    const line = { request_id: request.id, method, route, status, ms: Math.round(ms * 10) / 10 };
    // Whatever told that it is over, the line belongs to the request.
    withContext(context, () => logger.info({ ...line, ...rounded(context.fields) }, "request"));
  };
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(HEADERS);
    reply.header("x-request-id", request.id);
    const { traceparent } = request.headers;
    const context = createContext(
      tracing?.start(
        `${request.method} ${request.routeOptions.url ?? "unknown"}`,
        "server",
        typeof traceparent === "string" ? traceparent : undefined,
      ),
    );
    context.trace?.set({ "http.request.method": request.method, "holdfast.request_id": request.id });
    contexts.set(request, context);
    // An answer that was not sent to its end, e.g. a stream whose reader left, closes without the hook below.
    reply.raw.once("close", () => record(request, reply, !reply.raw.writableFinished));
    withContext(context, done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    record(request, reply, false);
    done();
  });
}

function rounded(fields: Context["fields"]): Context["fields"] {
  if (typeof fields.db_ms === "number") fields.db_ms = Math.round(fields.db_ms * 10) / 10;
  return fields;
}

/** Ids and codes alone; what a caller did wrong is no failure of ours. */
function endSpan({ trace, fields }: Context, { route, status }: { route: string; status: number }): void {
  if (!trace) return;
  trace.set({ "http.route": route, "http.response.status_code": status });
  if (typeof fields.org === "string") trace.set({ "holdfast.org": fields.org });
  trace.end(status >= 500 ? String(status) : undefined);
}
