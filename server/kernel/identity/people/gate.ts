import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Outgoing } from "../sessions/answer-sign-in.ts";
import { createAttempts, type Window } from "./attempts.ts";

/** Counts a try for all subjects; 429 when one of them has none left. */
export type Gate = (reply: Outgoing, subjects: readonly string[]) => void;

/** A gate of its own count. Without windows that of sign-ins. */
export function createGate(
  { clock, config }: Pick<IdentityDeps, "clock" | "config">,
  windows?: readonly Window[],
): Gate {
  const attempts = createAttempts(clock, windows);
  return (reply, subjects) => {
    if (config.AUTH_LIMITS === "off") return;
    const { allowed, name, remaining, resetSeconds } = attempts.take(subjects);
    reply.header("ratelimit-policy", attempts.policy);
    reply.header("ratelimit", `"${name}";r=${remaining};t=${resetSeconds}`);
    if (!allowed) throw new Problem(common.rate_limited, { retryAfter: resetSeconds });
  };
}
