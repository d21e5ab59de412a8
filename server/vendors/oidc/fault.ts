import * as client from "openid-client";
import type { Outcome } from "./facts.ts";

/** Errors of an authorization answer that blame the issuer's own state. */
const AWAY = new Set(["server_error", "temporarily_unavailable"]);
const UNREADABLE = new Set([
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_PARSE_ERROR",
]);
const isAway = (status: number): boolean => status >= 500 || status === 429;

/** Sorts what the client threw. Nothing it throws lets anybody in. */
export function toOutcome(error: unknown): Exclude<Outcome, { kind: "person" }> {
  if (error instanceof client.AuthorizationResponseError) {
    if (error.error === "access_denied") return { kind: "denied" };
    return { kind: AWAY.has(error.error) ? "unavailable" : "refused", cause: error };
  }
  if (error instanceof client.ResponseBodyError)
    return { kind: isAway(error.status) ? "unavailable" : "refused", cause: error };
  const code = error instanceof client.ClientError ? (error.code ?? "") : "";
  // A failed connection is a TypeError, a missed deadline a DOMException, as fetch throws them or wrapped once.
  const causes = [error, (error as { cause?: unknown }).cause];
  const noAnswer = causes.some((each) => each instanceof TypeError || each instanceof DOMException);
  return { kind: UNREADABLE.has(code) || noAnswer ? "unavailable" : "refused", cause: error };
}
