/** `PayPal-Mock-Response: {"mock_application_codes":"INSTRUMENT_DECLINED"}`: the call is not done and answers this error. */
import { PayPalError, type ErrorName } from "./errors.ts";

/** Codes that are not refusals of business. */
const OTHERS: Readonly<Record<string, [status: number, name: ErrorName]>> = {
  INTERNAL_SERVER_ERROR: [500, "INTERNAL_SERVER_ERROR"],
  INTERNAL_SERVICE_ERROR: [500, "INTERNAL_SERVER_ERROR"],
  SERVICE_UNAVAILABLE: [503, "SERVICE_UNAVAILABLE"],
  RATE_LIMIT_REACHED: [429, "RATE_LIMIT_REACHED"],
  AUTHENTICATION_FAILURE: [401, "AUTHENTICATION_FAILURE"],
  NOT_AUTHORIZED: [403, "NOT_AUTHORIZED"],
  PERMISSION_DENIED: [403, "NOT_AUTHORIZED"],
  RESOURCE_NOT_FOUND: [404, "RESOURCE_NOT_FOUND"],
  INVALID_RESOURCE_ID: [404, "RESOURCE_NOT_FOUND"],
  RESOURCE_CONFLICT: [409, "RESOURCE_CONFLICT"],
  PREVIOUS_REQUEST_IN_PROGRESS: [409, "RESOURCE_CONFLICT"],
  MISSING_REQUIRED_PARAMETER: [400, "INVALID_REQUEST"],
  MALFORMED_REQUEST_JSON: [400, "INVALID_REQUEST"],
  INVALID_PARAMETER_SYNTAX: [400, "INVALID_REQUEST"],
  INVALID_PARAMETER_VALUE: [400, "INVALID_REQUEST"],
  INVALID_STRING_LENGTH: [400, "INVALID_REQUEST"],
};

function readCode(header: string): string | null {
  try {
    const given = JSON.parse(header) as { mock_application_codes?: unknown } | null;
    const code = given?.mock_application_codes;
    return typeof code === "string" && /^[A-Z][A-Z0-9_]{2,79}$/.test(code) ? code : null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** The error that the header asks for. */
export function mockedError(header: string): PayPalError {
  const code = readCode(header);
  if (code === null)
    return new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          issue: "INVALID_PARAMETER_SYNTAX",
          description: "The value of a field does not conform to the expected format.",
          field: "PayPal-Mock-Response",
          location: "header",
        },
      ],
    });
  const [status, name] = OTHERS[code] ?? [422, "UNPROCESSABLE_ENTITY" as const];
  const details =
    status >= 500 || status === 429
      ? []
      : [{ issue: code, description: "Asked for by PayPal-Mock-Response." }];
  return new PayPalError(status, name, { details });
}
