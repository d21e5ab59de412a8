import { problems } from "../../../platform/problem.ts";

/** Codes as RFC 6749 and 8628 name them. */
export const oauthProblems = problems({
  invalid_request: [400, "The request lacks a parameter, or one is malformed"],
  invalid_client: [400, "No such app"],
  invalid_grant: [400, "The code or token is not valid, or was used"],
  invalid_scope: [400, "The app may not ask for this scope"],
  unsupported_grant_type: [400, "This grant type is not supported"],
  authorization_pending: [400, "The person has not decided yet"],
  slow_down: [400, "Ask less often: the interval has grown by five seconds"],
  access_denied: [400, "The person said no"],
  expired_token: [400, "The code has expired; ask for a new one"],
  user_code_unknown: [404, "No device waits for this code"],
});
