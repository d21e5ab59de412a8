/** A failed call: the problem's public words, its field errors, and the request id to quote. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly fields: readonly { pointer: string; detail: string }[];
  /** When the server said that asking again helps. */
  readonly retryAfterMs: number | null;

  constructor(status: number, body: unknown, headers: Headers | null) {
    const problem = readProblem(body, status);
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.fields = problem.fields;
    this.requestId = headers?.get("x-request-id") ?? problem.instance;
    const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
    this.retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null;
  }

  /** We, or the company that was asked, said no: nothing came of the call. False while that is not known. */
  get isRefusal(): boolean {
    if (this.code === "provider_refused") return true;
    return this.status >= 400 && this.status < 500 && this.code !== "idempotency_running";
  }

  /** The error of one field, by its JSON pointer: `fieldError("name")` answers for `/name`. */
  fieldError(name: string): string | undefined {
    return this.fields.find(({ pointer }) => pointer === `/${name}`)?.detail;
  }
}

type Read = Pick<ApiError, "code" | "title" | "detail" | "fields"> & { instance: string | null };

/** Reads `application/problem+json`, or OpenAI's envelope, or neither. */
function readProblem(body: unknown, status: number): Read {
  const outer = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const envelope = typeof outer.error === "object" && outer.error !== null ? outer.error : null;
  const inner = (envelope ?? outer) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const fallback = status === 0 ? "The server cannot be reached" : `The server answered ${status}`;
  return {
    code: text(inner.code) ?? (status === 0 ? "unreachable" : "unknown"),
    title: text(inner.title) ?? text(inner.message) ?? fallback,
    detail: text(inner.detail),
    fields: Array.isArray(inner.errors) ? (inner.errors as Read["fields"]) : [],
    instance: text(inner.instance),
  };
}

/** One sentence for a toast. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.detail ?? error.title;
  return error instanceof Error ? error.message : "Something went wrong";
}
