import { Problem, problems } from "../../platform/problem.ts";

export const webhookProblems = problems({
  invalid_signature: [400, "The signature could not be verified"],
  event_open: [409, "The event is not finished yet"],
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
