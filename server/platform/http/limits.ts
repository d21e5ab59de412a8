import type { FastifyReply } from "fastify";
import { Problem, common } from "../problem.ts";
import {
  perMinute,
  policyText,
  stateText,
  type Limiter,
  type Rule,
  type Taking,
} from "../rate-limit/index.ts";
import type { Actor } from "./access.ts";
import { networkOf } from "./address.ts";
import type { Operation } from "./operation.ts";

const DEFAULT_PER_MINUTE = 100;
/** Over all operations together; model calls and webhooks have limits of their own alone. */
export const CEILINGS = {
  user: perMinute("user", 300, "ceiling"),
  organization: perMinute("organization", 1_000, "ceiling"),
  address: perMinute("address", 100, "ceiling"),
} as const;

const UNDER_NO_CEILING = /^\/(v1|api\/llm|webhooks)\//;

/** The operation's own rule; null when it has none. */
export function ruleOf({ id, limit }: Pick<Operation, "id" | "limit">): Rule | null {
  if (limit === "none") return null;
  if (!limit) return perMinute(id, DEFAULT_PER_MINUTE);
  return "windows" in limit ? limit : perMinute(limit.name, limit.perMinute, limit.kind);
}

/** What the caller takes from these rules: a person or key of their own, whatever process and address they come from. */
export function takingsOf(actor: Actor, rules: readonly Rule[], ceilings: boolean): Taking[] {
  const subject = actor.userId ?? actor.credentialId;
  const own = actor.rateLimitPerMin;
  const takings = rules.map((rule): Taking => ({
    rule: own ? { ...rule, windows: [{ limit: own, seconds: 60 }] } : rule,
    subject,
  }));
  if (ceilings)
    takings.push({ rule: CEILINGS.user, subject }, { rule: CEILINGS.organization, subject: actor.orgId });
  return takings;
}

/** Of a request that nobody is signed in for. */
const openTakings = (rules: readonly Rule[], ceilings: boolean, ip: string): Taking[] =>
  [...rules, ...(ceilings ? [CEILINGS.address] : [])].map((rule) => ({ rule, subject: networkOf(ip) }));

/** Takes one request from the operation's limit and from the ceilings. `actor` null: it comes without credentials. */
export async function takeLimit(
  limiter: Limiter,
  operation: Operation,
  actor: Actor | null,
  ip: string,
  reply: FastifyReply,
): Promise<void> {
  if (actor?.rateLimitPerMin === 0) return;
  const rule = ruleOf(operation);
  const rules = rule ? [rule] : [];
  const ceilings = !UNDER_NO_CEILING.test(operation.path);
  const takings = actor ? takingsOf(actor, rules, ceilings) : openTakings(rules, ceilings, ip);
  await takeFrom(limiter, takings, reply);
}

/** A request whose credential is missing or bad counts for its address. */
export const takeForAddress = (limiter: Limiter, ip: string, reply: FastifyReply): Promise<void> =>
  takeFrom(limiter, openTakings([], true, ip), reply);

/** Takes one from each, or 429. Writes the `RateLimit` headers. */
export async function takeFrom(
  limiter: Limiter,
  takings: readonly Taking[],
  reply: Pick<FastifyReply, "header">,
): Promise<void> {
  const held = limiter.applied(takings);
  if (held.length === 0) return;
  const verdict = await limiter.take(takings);
  reply.header("ratelimit-policy", policyText(held));
  reply.header("ratelimit", stateText(verdict));
  if (!verdict.allowed) throw new Problem(common.rate_limited, { retryAfter: verdict.resetSeconds });
}
