import { Problem, problems } from "../../platform/problem.ts";

export const webhookProblems = problems({
  invalid_signature: [400, "The signature could not be verified"],
  default_endpoint: [409, "The default endpoint cannot be removed, only switched off"],
  endpoint_known: [409, "Another endpoint has this id at the company"],
  too_many_endpoints: [409, "There are 100 endpoints, the most there may be"],
  last_secret: [409, "This is the endpoint's last secret: add another first"],
  too_many_secrets: [409, "The endpoint has five secrets, the most there may be"],
  secret_known: [409, "The endpoint has had this secret"],
  remote_unsupported: [422, "Endpoints of this account cannot be made at the company from here"],
  provider_refused: [502, "The company refused"],
  event_open: [409, "The event is not finished yet"],
  not_dead: [409, "Not every one of these events is dead"],
  nothing_to_replay: [409, "No finished event matches"],
  replay_started: [409, "The replay was started or cancelled before"],
  replay_over: [409, "The replay is over"],
  payload_purged: [410, "The event's bytes are kept no more"],
  rule_broken: [422, "The event breaks a rule"],
  not_verified: [503, "The signature cannot be verified now"],
  company_unavailable: [503, "The company does not answer"],
});

/** Thrown by a handler: the event is genuine, yet must not be applied. It is dead at once and waits for an operator. */
export class RuleBroken extends Problem {
  readonly rule: string;
  constructor(rule: string, detail: string) {
    super(webhookProblems.rule_broken, { detail });
    this.name = "RuleBroken";
    this.rule = rule;
  }
}
