import { problems } from "../../platform/problem.ts";

export const paymentsProblems = problems({
  run_in_progress: [409, "The account is being reconciled already"],
  break_settled: [409, "The break was settled before"],
  action_not_possible: [409, "This cannot be done about this break"],
  company_unavailable: [503, "The company does not answer"],
});
