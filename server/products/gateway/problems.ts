import { problems } from "../../platform/problem.ts";

/** The gateway's refusals; those of model calls are sent in OpenAI's envelope. */
export const gatewayProblems = problems({
  unpriced_feature: [400, "This option adds a cost that has no price here"],
  price_unknown: [400, "This model has no active price"],
  context_length_exceeded: [400, "The prompt is longer than the model's context window"],
  provider_refused_request: [400, "The provider refused this request"],
  insufficient_quota: [402, "Not enough credits for this call"],
  insufficient_credits: [402, "Not enough credits"],
  budget_exceeded: [402, "The budget is used up"],
  key_budget_exceeded: [402, "The budget of this key is used up"],
  model_not_found: [404, "The model does not exist or you may not use it"],
  request_in_progress: [409, "The first request with this key is still running"],
  not_settled: [409, "This call is not settled yet"],
  answer_not_kept: [409, "The request with this key has ended and its answer was not kept"],
  hold_not_pending: [409, "This hold has been consumed or released, or its time is over"],
  exceeds_hold: [422, "The cost is above what is held"],
  rate_limit_exceeded: [429, "Too many calls or tokens"],
  provider_not_found: [404, "There is no such provider"],
  provider_exists: [409, "There is a provider of this id"],
  price_version_not_found: [404, "There is no such version of prices"],
  price_version_decided: [409, "This version is decided already"],
  upstream_failed: [502, "The provider failed to answer"],
  no_provider_available: [503, "No provider is available for this model"],
  upstream_timeout: [504, "The provider did not answer in time"],
});
