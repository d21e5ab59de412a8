import { problems } from "../../platform/problem.ts";

export const billingProblems = problems({
  already_subscribed: [409, "The organization has a subscription already"],
  provider_refused: [502, "The payment company refused the purchase"],
  checkout_over: [409, "This checkout is over; start a new one"],
  provider_unavailable: [503, "The payment company does not answer"],
});
