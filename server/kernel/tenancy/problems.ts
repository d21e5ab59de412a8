import { problems } from "../../platform/problem.ts";

export const tenancyProblems = problems({
  mode_unavailable: [403, "This installation has no keys of that mode"],
  above_own_role: [403, "This is above your own role"],
  too_many_organizations: [409, "You are in as many organizations as one person may be"],
});
