import type { FastifyInstance } from "fastify";
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

/** Request id and security headers on every answer; one wide log line and one metric per request. */
export function observe(app: FastifyInstance, { logger, metrics }: HttpOptions): void {
  const total = metrics.counter("http_requests_total", "HTTP requests", ["route", "method", "status"]);
  const seconds = metrics.histogram("http_duration_seconds", "Seconds to answer", ["route", "method"]);
  const contexts = new WeakMap<object, Context>();

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(HEADERS);
    reply.header("x-request-id", request.id);
    const context = createContext();
    contexts.set(request, context);
    withContext(context, done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    const { method } = request;
    const status = reply.statusCode;
    const ms = reply.elapsedTime;
    total.inc({ route, method, status });
    seconds.observe({ route, method }, ms / 1000);
    const fields = contexts.get(request)?.fields;
    logger.info(
      { request_id: request.id, method, route, status, ms: Math.round(ms * 10) / 10, ...rounded(fields) },
      "request",
    );
    done();
  });
}

function rounded(fields: Context["fields"] | undefined): Context["fields"] {
  if (fields && typeof fields.db_ms === "number") fields.db_ms = Math.round(fields.db_ms * 10) / 10;
  return fields ?? {};
}
