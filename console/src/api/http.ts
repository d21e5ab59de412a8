import { client } from "../../../contract/client/client.gen.ts";
import { noteRefusal } from "../lib/intent.ts";
import { send } from "./fetch.ts";
import { isAway } from "./presence.ts";
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
  const headers: Record<string, string> = { "x-organization-id": session.organizationId };
  if (isAway()) headers["x-holdfast-background"] = "1";
  if (method !== "GET") headers["x-csrf-token"] = session.csrfToken;
  return headers;
}

/** The error of an answer, or of none; a lost session is told to the app as well. */
function toError(body: unknown, response: Response | undefined): ApiError {
  // Without an answer the body is the browser's own error, which says nothing to a person.
  const error = response
    ? new ApiError(response.status, body, response.headers)
    : new ApiError(0, null, null);
  // A proof that fails is 401 as well, and leaves the session as it is.
  if (error.status === 401 && error.code === "unauthenticated" && session) {
    // Forgotten first: asking who we are answers 401 too, and must not tell again.
    session = null;
    onSignedOut();
  }
  return error;
}

/** The server keeps it for the key of its call; what it keeps of a call that still runs is not known yet. */
const isFinal = ({ status, code }: ApiError): boolean =>
  status >= 400 && status < 500 && ![401, 402, 429].includes(status) && code !== "idempotency_running";

/** The error of an answer that was fetched without the client. */
export async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return toError(body, response);
}

client.setConfig({
  baseUrl: location.origin,
  credentials: "same-origin",
  throwOnError: true,
  fetch: (request: RequestInfo | URL) => send(request as Request),
});
client.interceptors.request.use((request) => {
  for (const [name, value] of Object.entries(sessionHeaders(request.method)))
    request.headers.set(name, value);
  return request;
});
client.interceptors.error.use((body, response, request: Request | undefined) => {
  const error = toError(body, response);
  const key = request?.headers.get("idempotency-key");
  if (key && isFinal(error)) noteRefusal(key);
  return error;
});

/** What an operation answered; throws `ApiError`. */
export async function read<T>(answer: Promise<{ data: T | undefined }>): Promise<T> {
  return (await answer).data as T;
}

/** The header of a POST that creates or spends. */
export const idempotent = (key: string): { headers: { "Idempotency-Key": string } } => ({
  headers: { "Idempotency-Key": key },
});
