import { ApiError } from "./problem.ts";

/** What the session has told us; every call by cookie carries it. */
let session: { csrfToken: string; organizationId: string } | null = null;
let onSignedOut: () => void = () => {};

export function setSession(next: typeof session): void {
  session = next;
}
/** Called when the server no longer knows the session. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** Headers of a call by cookie: who we think we are, and proof that it is our own page that asks. */
export function sessionHeaders(method: string): Record<string, string> {
  if (!session) return {};
  const proof = method === "GET" ? {} : { "x-csrf-token": session.csrfToken };
  return { "x-organization-id": session.organizationId, ...proof };
}

type Query = Record<string, string | number | null | undefined>;
export type CallOptions = { query?: Query; body?: unknown; idempotencyKey?: string; signal?: AbortSignal };

const TIMEOUT_MS = 30_000;

/** One JSON call; throws `ApiError`. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { query, body, idempotencyKey, signal } = options;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(path + queryString(query), {
    method,
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      ...sessionHeaders(method),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(idempotencyKey ? { "idempotency-key": idempotencyKey } : {}),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, null, null);
  });
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The error of an answer that is not ok; a lost session is told to the app as well. */
export async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 401 && session) onSignedOut();
  return new ApiError(response.status, body, response.headers.get("x-request-id"));
}

function queryString(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  return params.size > 0 ? `?${params}` : "";
}
