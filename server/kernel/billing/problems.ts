import { problems } from "../../platform/problem.ts";

export const billingProblems = problems({
  checkout_open: [409, "A checkout of the organization is open already"],
  trial_used: [409, "There was a trial already"],
  subscribe_again: [409, "The subscription has ended; subscribe again"],
  not_subscribed: [409, "The organization has no subscription that this can be done to"],
  preview_stale: [409, "The subscription or its price has changed since the preview"],
  wrong_direction: [409, "That plan is not in this direction"],
  limits_exceeded: [409, "More is in use than the plan allows"],
  already_subscribed: [409, "The organization has a subscription already"],
  provider_refused: [502, "The payment company refused the purchase"],
  checkout_over: [409, "This checkout is over; start a new one"],
  provider_unavailable: [503, "The payment company does not answer"],
});
