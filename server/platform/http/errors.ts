import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { type FieldError, Problem, common, problemBody } from "../problem.ts";
import { context, type Logger } from "../telemetry/index.ts";

/** Turns whatever was thrown into a Problem; an unexpected error becomes `internal` with its cause chained. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return validationProblem(error);
  switch ((error as Partial<FastifyError>).code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Problem(common.request_too_large);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Problem(common.unsupported_media_type);
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Problem(common.malformed_json);
    // The caller left while sending.
    case "ECONNRESET":
      if ((error as FastifyError).statusCode === 400)
        return new Problem(common.malformed_json, { cause: error });
      return new Problem(common.internal, { cause: error });
    default:
      return new Problem(common.internal, { cause: error });
  }
}

type Validated = {
  validation: { instancePath: string; message?: string; keyword: string; params: Record<string, unknown> }[];
  validationContext?: string | undefined;
};

function validationProblem(error: Validated): Problem {
  if (error.validationContext === "params") return new Problem(common.not_found);
  const errors = error.validation.flatMap(fieldErrors).slice(0, 20);
  if (error.validationContext !== "querystring") return new Problem(common.invalid_input, { errors });
  const unknown = error.validation.some(({ keyword }) => keyword === "unrecognized_keys");
  return new Problem(unknown ? common.unknown_parameter : common.invalid_parameter, { errors });
}

/** An unknown member is named itself, not the object that holds it. */
function fieldErrors({
  instancePath,
  message,
  keyword,
  params,
}: Validated["validation"][number]): FieldError[] {
  const pointer = instancePath === "/" ? "" : instancePath;
  if (keyword !== "unrecognized_keys") return [{ pointer, detail: message ?? "is not valid" }];
  return (params.keys as string[]).map((key) => ({
    pointer: `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    detail: "is not known",
  }));
}

/** Statuses whose OpenAI error `type` is not `invalid_request_error`. */
const OPENAI_TYPES: Record<number, string> = {
  401: "authentication_error",
  402: "insufficient_quota",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
};

/** OpenAI's envelope with our codes. A body that does not match its schema is 400 there. */
export function openaiBody(problem: Problem): { status: number; body: { error: Record<string, unknown> } } {
  const status = problem.kind.status === 422 ? 400 : problem.kind.status;
  const first = problem.options.errors?.[0];
  const message = first
    ? `${first.pointer}: ${first.detail}`
    : (problem.options.detail ?? problem.kind.title);
  const type = OPENAI_TYPES[status] ?? (status >= 500 ? "server_error" : "invalid_request_error");
  const param = (first && first.pointer.slice(1).replaceAll("/", ".")) || null;
  return {
    status,
    body: { error: { message, type, param, code: problem.kind.code, ...problem.options.extra } },
  };
}

/** Anthropic's error types by status; below 500 the others are `invalid_request_error`. */
const ANTHROPIC_TYPES: Record<number, string> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
};

/** Anthropic's envelope with our codes beside its types. A body that does not match its schema is 400 there. */
export function anthropicBody(
  problem: Problem,
  requestId: string,
): { status: number; body: Record<string, unknown> } {
  const { status, body } = openaiBody(problem);
  const { message, param, code, type: _type, ...extra } = body.error;
  const type = ANTHROPIC_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  const error = { type, message, code, ...(param === null ? {} : { param }), ...extra };
  return { status, body: { type: "error", error, request_id: requestId } };
}

/** RFC 6749, 7009 and 8628: their own names for what our codes and statuses say otherwise. */
const OAUTH_CODES = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "unsupported_token_type",
  "invalid_scope",
  "access_denied",
  "authorization_pending",
  "slow_down",
  "expired_token",
]);
const OAUTH_STATUSES: Record<number, string> = {
  401: "invalid_client",
  403: "access_denied",
  429: "temporarily_unavailable",
};

/** RFC 6749's error beside the problem's own members. A body that does not match its schema is 400 there. */
export function oauthBody(problem: Problem, instance: string): Record<string, unknown> & { status: number } {
  const { code } = problem.kind;
  const status = problem.kind.status === 422 ? 400 : problem.kind.status;
  const byStatus = OAUTH_STATUSES[status] ?? (status >= 500 ? "server_error" : "invalid_request");
  return {
    error: OAUTH_CODES.has(code) ? code : byStatus,
    error_description: problem.options.detail ?? problem.kind.title,
    ...problemBody(problem, instance),
    status,
  };
}

/** Anthropic's clients send it with every call. */
export const ANTHROPIC_VERSION = "anthropic-version";

/** Where there is no such operation, models' clients below `/v1` are told in their own way all the same. */
function envelopeOf({ routeOptions, headers, url }: FastifyRequest): string | undefined {
  const config = (routeOptions.config ?? {}) as { envelope?: string };
  const envelope = config.envelope ?? (url.startsWith("/v1/") ? "client" : undefined);
  if (envelope !== "client") return envelope;
  return headers[ANTHROPIC_VERSION] === undefined ? "openai" : "anthropic";
}

/** Sends a problem in the envelope of its route and notes it for the log line. */
export function sendProblem(
  logger: Logger,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const envelope = envelopeOf(request);
  context()?.note("problem", problem.kind.code);
  if (problem.kind.status >= 500) logger.error({ err: problem, request_id: request.id }, "request failed");
  if (problem.options.retryAfter !== undefined)
    reply.header("retry-after", Math.ceil(problem.options.retryAfter));
  if (envelope === "openai") {
    const { status, body } = openaiBody(problem);
    reply.code(status).type("application/json").serializer(JSON.stringify).send(body);
    return;
  }
  if (envelope === "anthropic") {
    const { status, body } = anthropicBody(problem, request.id);
    reply.code(status).type("application/json").serializer(JSON.stringify).send(body);
    return;
  }
  if (envelope === "oauth") {
    const body = oauthBody(problem, request.id);
    reply.code(body.status).type("application/json").serializer(JSON.stringify).send(body);
    return;
  }
  const body = problemBody(problem, request.id);
  reply.code(body.status).type("application/problem+json").serializer(JSON.stringify).send(body);
}
