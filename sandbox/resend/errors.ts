import type { ServerResponse } from "node:http";

/** Names as Resend's SDK knows them; the last one is the sandbox's own. */
export type ErrorName =
  | "application_error"
  | "concurrent_idempotent_requests"
  | "internal_server_error"
  | "invalid_api_key"
  | "invalid_idempotency_key"
  | "invalid_idempotent_request"
  | "method_not_allowed"
  | "missing_api_key"
  | "missing_required_field"
  | "not_found"
  | "rate_limit_exceeded"
  | "validation_error"
  | "sandbox_not_implemented";

/** An answer that is an error. */
export class ResendError extends Error {
  readonly status: number;
  override readonly name: ErrorName;
  constructor(status: number, name: ErrorName, message: string) {
    super(message);
    this.status = status;
    this.name = name;
  }
}

export const invalid = (message: string): ResendError => new ResendError(422, "validation_error", message);
export const missing = (field: string): ResendError =>
  new ResendError(422, "missing_required_field", `Missing \`${field}\` field.`);
export const notFound = (kind: string): ResendError => new ResendError(404, "not_found", `${kind} not found`);

export function writeJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  res.end(JSON.stringify(body));
}

export function writeError(res: ServerResponse, { status, name, message }: ResendError): void {
  writeJson(res, status, { statusCode: status, name, message });
}
