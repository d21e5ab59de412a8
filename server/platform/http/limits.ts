import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem, common } from "../problem.ts";
import type { Limiter } from "../rate-limit/index.ts";
import type { Actor } from "./access.ts";
import { networkOf } from "./address.ts";
import type { Operation } from "./operation.ts";

const DEFAULT_PER_MINUTE = 100;

/** Takes one request from the operation's limit; 429 when it is used up. Writes the `RateLimit` headers. */
export async function takeLimit(
  limiter: Limiter,
  operation: Operation,
  actor: Actor | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (operation.limit === "none" || actor?.rateLimitPerMin === 0) return;
  const base = operation.limit ?? { name: operation.id, perMinute: DEFAULT_PER_MINUTE };
  const limit = actor?.rateLimitPerMin ? { ...base, perMinute: actor.rateLimitPerMin } : base;
  const verdict = await limiter.take(
    limit,
    actor ? (actor.userId ?? actor.credentialId) : networkOf(request.ip),
  );
  reply.header("ratelimit-policy", `"${limit.name}";q=${limit.perMinute};w=60`);
  reply.header("ratelimit", `"${limit.name}";r=${verdict.remaining};t=${verdict.resetSeconds}`);
  if (!verdict.allowed) throw new Problem(common.rate_limited, { retryAfter: verdict.resetSeconds });
}
