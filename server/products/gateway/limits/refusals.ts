/** How limits refuse: each names its subject and when there is room again. */
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { Bound } from "./bound.ts";

const NAMES = { key: "key", user: "person", org: "organization" } as const;
const subjectOf = ({ type, id }: Pick<Bound, "type" | "id">) => ({ type, id });

export const tooManyAtOnce = (bound: Bound, limit: number): Problem =>
  new Problem(gatewayProblems.rate_limit_exceeded, {
    detail: `At most ${limit} calls of this ${NAMES[bound.type]} may run at once.`,
    extra: { subject: subjectOf(bound), limit: "concurrency" },
    retryAfter: 1,
  });

export const tooFast = (
  bound: Bound,
  { name, limit, resetSeconds, now }: { name: "rpm" | "tpm"; limit: number; resetSeconds: number; now: Date },
): Problem =>
  new Problem(gatewayProblems.rate_limit_exceeded, {
    detail: `This ${NAMES[bound.type]} has ${limit} ${name === "rpm" ? "calls" : "tokens"} a minute.`,
    extra: {
      subject: subjectOf(bound),
      limit: name,
      resets_at: new Date(now.getTime() + resetSeconds * 1_000).toISOString(),
    },
    retryAfter: resetSeconds,
  });

export function overBudget(
  bound: Bound,
  told: { limit: bigint; amount: bigint; roomMicros: bigint; resetsAt: Date },
): Problem {
  const { limit, amount, roomMicros, resetsAt } = told;
  const kind = bound.type === "key" ? gatewayProblems.key_budget_exceeded : gatewayProblems.budget_exceeded;
  return new Problem(kind, {
    detail: `This may cost up to ${amount} micro-credits; of the ${limit} of this ${NAMES[bound.type]} ${roomMicros} are left until ${resetsAt.toISOString()}.`,
    extra: {
      subject: subjectOf(bound),
      budget_micros: Number(limit),
      left_micros: Number(roomMicros),
      resets_at: resetsAt.toISOString(),
    },
  });
}
