import { problems } from "../../platform/problem.ts";

export const identityProblems = problems({
  invalid_credentials: [401, "The e-mail address or the password is wrong"],
  account_disabled: [403, "This account is disabled"],
  no_organization: [403, "You are a member of no organization"],
  reauth_failed: [401, "That does not prove it is you"],
  setup_closed: [410, "Set-up is closed"],
  refresh_invalid: [401, "The refresh token is not valid; sign in again"],
  token_spent: [410, "This link was used or has expired"],
});
