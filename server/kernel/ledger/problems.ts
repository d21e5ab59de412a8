import { problems } from "../../platform/problem.ts";

export const ledgerProblems = problems({
  own_request: [409, "Another operator than the one who asked must approve it"],
  already_decided: [409, "It was approved or rejected already"],
  currency_not_supported: [422, "This currency is not one that we keep books in"],
});
