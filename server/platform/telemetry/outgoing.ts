import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { context } from "./context.ts";
import type { TraceSpan } from "./span.ts";

type UndiciRequest = {
  method: string;
  origin: string | URL;
  addHeader(name: string, value: string): void;
};

/**
 * One span for each HTTP call that a traced request or job makes, through whichever client, and `traceparent` on it. Of the
 * address the host alone is told: paths and queries may name people. `isOurs`: whose span it is, where a process has several
 * tracings. Returns the way to stop.
 */
export function traceOutgoing(isOurs: (span: TraceSpan) => boolean): () => void {
  const open = new WeakMap<object, TraceSpan>();
  const begin = (request: object, method: string, host: string): TraceSpan | null => {
    const parent = context()?.trace;
    if (!parent || !isOurs(parent)) return null;
    const span = parent.child(`${method} ${host}`, { "http.request.method": method, "server.address": host });
    open.set(request, span);
    return span;
  };
  const answered = (request: object, status: number) =>
    open.get(request)?.set({ "http.response.status_code": status });
  const end = (request: object, failed?: string) => {
    open.get(request)?.end(failed);
    open.delete(request);
  };
  const nameOf = (error: unknown) =>
    String((error as { code?: unknown } | null)?.code ?? (error as Error | null)?.name ?? "error");

  const listeners: [string, (message: never) => void][] = [
    [
      "undici:request:create",
      ({ request }: { request: UndiciRequest }) => {
        const span = begin(request, request.method, new URL(request.origin).host);
        if (span) request.addHeader("traceparent", span.traceparent);
      },
    ],
    [
      "undici:request:headers",
      ({ request, response }: { request: UndiciRequest; response: { statusCode: number } }) =>
        answered(request, response.statusCode),
    ],
    ["undici:request:trailers", ({ request }: { request: UndiciRequest }) => end(request)],
    [
      "undici:request:error",
      ({ request, error }: { request: UndiciRequest; error: unknown }) => end(request, nameOf(error)),
    ],
    [
      "http.client.request.created",
      ({ request }: { request: ClientRequest }) => {
        const span = begin(request, request.method, String(request.getHeader("host") ?? request.host));
        if (span) request.setHeader("traceparent", span.traceparent);
      },
    ],
    [
      "http.client.response.finish",
      ({ request, response }: { request: ClientRequest; response: IncomingMessage }) => {
        answered(request, response.statusCode ?? 0);
        end(request);
      },
    ],
    [
      "http.client.request.error",
      ({ request, error }: { request: ClientRequest; error: unknown }) => end(request, nameOf(error)),
    ],
  ];
  for (const [channel, listen] of listeners) subscribe(channel, listen as never);
  return () => {
    for (const [channel, listen] of listeners) unsubscribe(channel, listen as never);
  };
}
