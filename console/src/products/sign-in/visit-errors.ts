type Shown = { tone: "warn" | "bad"; title: string; text: string };

/** What a person reads when the way through another company ended without them. */
export function visitError(code: string, company: string): Shown {
  const warn = (title: string, text: string): Shown => ({ tone: "warn", title, text });
  const bad = (title: string, text: string): Shown => ({ tone: "bad", title, text });
  switch (code) {
    case "sign_in_denied":
      return warn(
        `${company} did not tell us who you are`,
        "You said no there. Choose another way in, or try again.",
      );
    case "provider_unavailable":
      return warn(
        `${company} does not answer`,
        "Nothing is wrong with your account. Use another way in meanwhile.",
      );
    case "sign_in_expired":
      return warn("That took too long", "Start again, in this browser and within ten minutes.");
    case "email_unverified":
      return bad(`${company} has not verified your e-mail address`, "Verify it there first; then come back.");
    case "registration_closed":
      return bad("New accounts are by invitation", "Ask someone who is in to invite you.");
    case "account_disabled":
      return bad("This account is disabled", "Ask your administrator.");
    case "no_organization":
      return bad("You are a member of no organization", "Ask for an invitation.");
    case "no_sso":
      return warn("No company signs in people of this domain here", "Choose another way in.");
    case "linked_elsewhere":
      return bad(
        `That ${company} account is connected to somebody else`,
        "Disconnect it there first, or choose another one.",
      );
    case "too_many_accounts":
      return bad("No more accounts can be connected", "Disconnect one that you do not use.");
    default:
      return bad(`Signing in with ${company} did not work`, "Try again, or choose another way in.");
  }
}
