/** A call that a retry of its SDK may join, should its caller lose the connection. */
import type { Call } from "../../../platform/http/index.ts";
import type { Chat } from "../call/chat.ts";
import { hashOf } from "../keys/idempotency.ts";
import type { Policy } from "../routing/policy/policy.ts";

export type Fold = {
  /** Of what was asked. */
  hash: Buffer;
  /** Its caller has left before all of the answer was sent; resolves once other processes can know. */
  dropped: Promise<void> | null;
  /** Resolves when nothing more comes of it here. */
  ended: Promise<void>;
  end(): void;
};

/** Null where the organization does not fold. */
export function foldOf(
  policy: Policy | null,
  call: { endpoint: Chat["endpoint"]; bytes: Buffer },
): Fold | null {
  if (!policy?.fold_retries) return null;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  return { hash: hashOf(call), dropped: null, ended, end };
}

/** OpenAI's and Anthropic's SDKs count their retries from 1 in this header. */
export const isRetry = ({ headers }: Pick<Call["request"], "headers">): boolean =>
  Number(headers["x-stainless-retry-count"]) >= 1;
