import { problems } from "../../../platform/problem.ts";

export const relayProblems = problems({
  too_many_endpoints: [409, "An organization has 20 endpoints at most"],
  endpoint_disabled: [409, "The endpoint is turned off"],
  message_waits: [409, "The message waits or is being sent already"],
});
