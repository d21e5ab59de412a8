import type { ProblemKind } from "../../../../platform/problem.ts";
import type { AnswerHead, Usage } from "../../../../vendors/llm/index.ts";
import { gatewayProblems } from "../../problems.ts";

/** How a call at the provider ended, before anybody asks what it cost. */
export type RelayEnd = {
  /** `left`: the caller went away first. */
  end: "complete" | "failed" | "left";
  /** Why it failed; null otherwise. */
  fault: Fault | null;
  /** The caller left and the answer was read to its end all the same: its usage is the last word. */
  drained?: true;
  /** The request was on its way, so the provider may have begun. */
  sent: boolean;
  /** Some content arrived. */
  content: boolean;
  usage: Usage | null;
  generationId: string | null;
  /** Chunks with content. */
  events: number;
  /** What the model said, or as much as was kept: of the first `sampledEvents`. Asked for only when it is needed. */
  said(): { texts: string[]; sampledEvents: number };
  firstContentMs: number | null;
};

export type Fault = {
  kind: ProblemKind;
  retryAfter?: number;
  /** The provider does not take the key. */
  keyRefused?: true;
  /** Another provider may do better. */
  elsewhere: boolean;
};

const failed: Fault = { kind: gatewayProblems.upstream_failed, elsewhere: true };
const timeout: Fault = { kind: gatewayProblems.upstream_timeout, elsewhere: true };
/** All of the time that a call may take is gone. */
const over: Fault = { kind: gatewayProblems.upstream_timeout, elsewhere: false };
const refused: Fault = { kind: gatewayProblems.provider_refused_request, elsewhere: false };
const unavailable = (retryAfter: number | null): Fault => ({
  kind: gatewayProblems.no_provider_available,
  retryAfter: retryAfter ?? DEFAULT_WAIT_SECONDS,
  elsewhere: true,
});

const DEFAULT_WAIT_SECONDS = 5;
/** Our own key is refused or out of money: only an operator can mend that. */
const OWN_ACCOUNT_WAIT_SECONDS = 60;

export const faults = { failed, timeout, over, refused, unavailable } as const;

/** What the caller is told for an answer that is no 200. The provider's words stay with us. */
export function faultOf({ status, retryAfter, moderated }: AnswerHead): Fault {
  if (status === 400 || status === 413 || status === 422 || moderated) return refused;
  if (status === 401) return { ...unavailable(OWN_ACCOUNT_WAIT_SECONDS), keyRefused: true };
  if (status === 402 || status === 403) return unavailable(OWN_ACCOUNT_WAIT_SECONDS);
  if (status === 404 || status === 429 || status === 503 || status === 529) return unavailable(retryAfter);
  if (status === 408 || status === 504 || status === 524) return timeout;
  return failed;
}
