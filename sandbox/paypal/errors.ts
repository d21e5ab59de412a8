import type { ServerResponse } from "node:http";

export type Detail = {
  issue: string;
  description: string;
  field?: string;
  value?: string;
  location?: "body" | "path" | "query" | "header";
};

/** What PayPal says of each kind of refusal. */
const MESSAGES = {
  INVALID_REQUEST: "Request is not well-formed, syntactically incorrect, or violates schema.",
  UNPROCESSABLE_ENTITY:
    "The requested action could not be performed, semantically incorrect, or failed business validation.",
  RESOURCE_NOT_FOUND: "The specified resource does not exist.",
  AUTHENTICATION_FAILURE:
    "Authentication failed due to missing authorization header, or invalid authentication credentials.",
  NOT_AUTHORIZED: "Authorization failed due to insufficient permissions.",
  INVALID_RESOURCE_ID: "The requested resource ID was not found.",
  RESOURCE_CONFLICT: "The server has detected a conflict while processing this request.",
  UNSUPPORTED_MEDIA_TYPE: "The server does not support the request payload's media type.",
  RATE_LIMIT_REACHED: "Too many requests. Blocked due to rate limiting.",
  INTERNAL_SERVER_ERROR: "An internal server error has occurred.",
  SERVICE_UNAVAILABLE: "Service Unavailable.",
  VALIDATION_ERROR: "Invalid data provided.",
  WEBHOOK_URL_ALREADY_EXISTS: "Webhook URL already exists.",
  WEBHOOK_NUMBER_LIMIT_EXCEEDED: "Maximum webhook limit has been reached.",
  WEBHOOK_PATCH_REQUEST_NO_CHANGE: "No change in webhook patch request.",
  SANDBOX_NOT_IMPLEMENTED: "The sandbox does not play this.",
} as const;
export type ErrorName = keyof typeof MESSAGES;

/** An answer that is an error. `kept` errors leave what was written in the books (a declined buyer may choose again). */
export class PayPalError extends Error {
  readonly status: number;
  override readonly name: string;
  readonly details: readonly Detail[];
  readonly links: readonly { href: string; rel: string; method: string }[];
  readonly kept: boolean;
  constructor(
    status: number,
    name: ErrorName,
    more: {
      details?: readonly Detail[];
      message?: string;
      links?: readonly { href: string; rel: string; method: string }[];
      kept?: boolean;
    } = {},
  ) {
    super(more.message ?? MESSAGES[name]);
    this.status = status;
    this.name = name.toLowerCase() === "sandbox_not_implemented" ? "sandbox_not_implemented" : name;
    this.details = more.details ?? [];
    this.links = more.links ?? [];
    this.kept = more.kept ?? false;
  }
}

/** 422: understood, and not to be done. */
export const unprocessable = (
  issue: string,
  description: string,
  field?: string,
  value?: string,
): PayPalError =>
  new PayPalError(422, "UNPROCESSABLE_ENTITY", {
    details: [
      {
        issue,
        description,
        ...(field === undefined ? {} : { field, location: "body" as const }),
        ...(value === undefined ? {} : { value }),
      },
    ],
  });

/** 400: one field is wrong. */
export const malformed = (issue: string, description: string, field: string): PayPalError =>
  new PayPalError(400, "INVALID_REQUEST", { details: [{ issue, description, field, location: "body" }] });

export const notFound = (): PayPalError =>
  new PayPalError(404, "RESOURCE_NOT_FOUND", {
    details: [
      {
        issue: "INVALID_RESOURCE_ID",
        description: "Specified resource ID does not exist. Please check the resource ID and try again.",
      },
    ],
  });

export const notBuilt = (what: string): PayPalError =>
  new PayPalError(501, "SANDBOX_NOT_IMPLEMENTED", { message: `The sandbox does not play ${what}.` });

export function errorBody(error: PayPalError, debugId: string): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    debug_id: debugId,
    ...(error.details.length === 0 ? {} : { details: error.details }),
    links: error.links,
  };
}

export function writeJson(res: ServerResponse, status: number, body: unknown, debugId: string): void {
  res.writeHead(status, {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    "cache-control": "max-age=0, no-cache, no-store, must-revalidate",
    "paypal-debug-id": debugId,
  });
  res.end(body === undefined ? undefined : JSON.stringify(body));
}
