import type { ServerResponse } from "node:http";
import type { ErrorKind } from "../../core/company.ts";

/** A refusal in OpenRouter's words. */
export type Refusal = { status: number; message: string; metadata?: Record<string, unknown> };

export const refuse = (
  status: number,
  message: string,
  metadata?: Record<string, unknown>,
): { refusal: Refusal } => ({
  refusal: metadata === undefined ? { status, message } : { status, message, metadata },
});

/** OpenRouter's error body. */
export function errorBody({ status, message, metadata }: Refusal): string {
  return JSON.stringify({
    error: { message, code: status, ...(metadata === undefined ? {} : { metadata }) },
  });
}

export function sendRefusal(
  res: ServerResponse,
  refusal: Refusal,
  headers: Record<string, string> = {},
): void {
  res.writeHead(refusal.status, { "content-type": "application/json", ...headers });
  res.end(errorBody(refusal));
}

const WORDS: Readonly<Record<number, string>> = {
  400: "Provider returned error",
  401: "User not found.",
  402: "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
  403: "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
  404: "No endpoints found for this model.",
  408: "Request timed out",
  413: "Request body too large",
  422: "Unprocessable request",
  429: "Provider returned error",
  500: "Internal Server Error",
  502: "Provider returned error",
  503: "There is no available model provider that meets your routing requirements",
  524: "Request timed out. Please try again later.",
  529: "Provider returned error",
};

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request",
  402: "payment_required",
  408: "timeout",
  413: "payload_too_large",
  429: "rate_limit_exceeded",
  500: "server",
  502: "provider_unavailable",
  503: "provider_unavailable",
  524: "timeout",
  529: "provider_overloaded",
};

/** The refusal OpenRouter sends for a bare status. */
export function refusalOf(status: number, kind: ErrorKind): Refusal {
  if (kind === "not_implemented") {
    return { status: 501, message: "sandbox_not_implemented: the sandbox does not play this operation" };
  }
  const message = WORDS[status] ?? `Request failed with status ${status}`;
  if (message !== "Provider returned error") return { status, message };
  return { status, message, metadata: { provider_name: "Sandbox", raw: `upstream answered ${status}` } };
}

/** The refusal of a prompt that a moderator flagged. */
export const moderationOf = (model: string): Refusal => ({
  status: 403,
  message: `${model} requires moderation. Your input was flagged`,
  metadata: {
    reasons: ["violence"],
    flagged_input: "...",
    provider_name: "Sandbox",
    model_slug: model,
  },
});

/** The error of a stream that has already answered 200. */
export function streamError(status: number): Record<string, unknown> {
  const type = TYPES[status] ?? "unmapped";
  return {
    code: status,
    message: WORDS[status] ?? "Provider returned error",
    metadata: { error_type: type },
  };
}
