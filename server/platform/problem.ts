/**
 * Expected failures. A module declares its problems once, in `problems.ts`; throwing one ends the request with
 * `application/problem+json` (RFC 9457). Anything else that is thrown is a fault of ours: 500, logged, never told.
 */
export type ProblemKind = { readonly code: string; readonly status: number; readonly title: string };
export type FieldError = { pointer: string; detail: string };

export type ProblemOptions = {
  /** Public text; never holds secrets or a company's own words. */
  detail?: string;
  errors?: FieldError[];
  /** Chained and logged, never sent. */
  cause?: unknown;
  /** Extra members of the body, e.g. `{balance_micros}`. */
  extra?: Record<string, unknown>;
  /** Seconds. Sent as `Retry-After`. */
  retryAfter?: number;
};

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly options: ProblemOptions;

  constructor(kind: ProblemKind, options: ProblemOptions = {}) {
    super(options.detail ?? kind.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Problem";
    this.kind = kind;
    this.options = options;
  }
}

/** Declares a module's problems: `problems({ not_found: [404, "Not found"] })`. */
export function problems<T extends Record<string, readonly [status: number, title: string]>>(
  table: T,
): { readonly [K in keyof T]: ProblemKind } {
  const entries = Object.entries(table).map(([code, [status, title]]) => [code, { code, status, title }]);
  return Object.fromEntries(entries) as { [K in keyof T]: ProblemKind };
}

/** Problems that any operation can answer with. */
export const common = problems({
  malformed_json: [400, "The body is not valid JSON"],
  unknown_parameter: [400, "Unknown query parameter"],
  invalid_parameter: [400, "A query parameter is not valid"],
  idempotency_key_required: [400, "This operation needs an Idempotency-Key header"],
  idempotency_key_invalid: [400, "The Idempotency-Key header is not valid"],
  unauthenticated: [401, "Sign in or send an API key"],
  forbidden: [403, "Your role does not allow this"],
  scope_missing: [403, "This key lacks the scope"],
  tenant_mismatch: [403, "The credential belongs to another organization"],
  reauth_required: [403, "Prove once more that it is you"],
  mfa_required: [403, "Set up two-step verification first"],
  deletion_scheduled: [403, "This account is about to be deleted; sign in to keep it"],
  read_only: [403, "You are looking at somebody else's account; nothing can be changed"],
  organization_suspended: [403, "This organization is suspended"],
  csrf_failed: [403, "The request did not come from our own pages"],
  not_found: [404, "Not found"],
  idempotency_running: [409, "The first request with this key is still running"],
  request_too_large: [413, "The body is too large"],
  unsupported_media_type: [415, "Unsupported content type"],
  invalid_input: [422, "The input does not match its schema"],
  idempotency_mismatch: [422, "This key was used with another input"],
  rate_limited: [429, "Too many requests"],
  internal: [500, "Something went wrong on our side"],
  database_unavailable: [503, "The database is not reachable"],
  overloaded: [503, "Too many requests are waiting"],
});

export const PROBLEM_TYPE_BASE = "https://holdfast.dev/problems/";

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance: string;
  code: string;
  errors?: FieldError[];
};

/** The one translator: what is sent for a problem. */
export function problemBody(problem: Problem, instance: string): ProblemBody {
  const { kind, options } = problem;
  return {
    type: PROBLEM_TYPE_BASE + kind.code,
    title: kind.title,
    status: kind.status,
    ...(options.detail === undefined ? {} : { detail: options.detail }),
    instance,
    code: kind.code,
    ...(options.errors ? { errors: options.errors } : {}),
    ...options.extra,
  };
}

/** For what can only be a mistake of ours: throws, and so answers 500. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
