import { problems } from "../../platform/problem.ts";

export const billingProblems = problems({
  provider_refused: [502, "The payment company refused the purchase"],
  provider_unavailable: [503, "The payment company does not answer"],
});
