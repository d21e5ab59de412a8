import { problems } from "../../platform/problem.ts";

export const identityProblems = problems({
  invalid_credentials: [401, "The e-mail address or the password is wrong"],
  account_disabled: [403, "This account is disabled"],
  no_organization: [403, "You are a member of no organization"],
  reauth_failed: [401, "That does not prove it is you"],
  setup_closed: [410, "Set-up is closed"],
  refresh_invalid: [401, "The refresh token is not valid; sign in again"],
  registration_closed: [403, "New accounts are not open to everyone here"],
  email_unverified: [403, "The e-mail address is not verified"],
  sign_in_denied: [403, "The other company was told not to share who you are"],
  sign_in_refused: [403, "The other company's answer did not hold"],
  sign_in_expired: [410, "This sign-in was started in another browser, took too long, or is over"],
  provider_unavailable: [503, "The other company does not answer"],
  linked_elsewhere: [409, "This account is connected to somebody else"],
  too_many_accounts: [409, "No more accounts can be connected"],
  last_sign_in_method: [409, "This is the only way to sign in; set a password or connect another one first"],
  token_spent: [410, "This link was used or has expired"],
});
