/** What binds a caller: key, person, organization, each with limits of its own. Pure. */
import type { Actor } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";

export type SubjectType = "key" | "user" | "org";

/** Null: no limit here. */
export type Limits = {
  rpm: number | null;
  tpm: number | null;
  concurrency: number | null;
  budgetDailyMicros: bigint | null;
  budgetMonthlyMicros: bigint | null;
};

export type Rule = Limits & { alertPercents: readonly number[] };

/** The limits of one subject, as they count. */
export type Bound = Rule & { type: SubjectType; id: string };

/** What a plan allows of calls. */
export type PlanRates = Pick<Limits, "rpm" | "tpm" | "concurrency">;

/** What an organization has said, and what its plan allows. */
export type Policy = {
  plan: PlanRates & { key: string };
  /** By the id of their subject. */
  rules: ReadonlyMap<string, Rule>;
};

export const ALERT_PERCENTS: readonly number[] = [80, 100];
export const NO_LIMITS: Limits = {
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetDailyMicros: null,
  budgetMonthlyMicros: null,
};

/** Whoever a model call is made for, and paid by. */
export type Spender = Pick<
  Actor,
  "orgId" | "mode" | "credentialId" | "userId" | "keyId" | "rateLimitPerMin" | "bounds"
>;

/** Whose limits a call counts for; null for a service key. */
export const personOf = (actor: Pick<Actor, "userId" | "bounds">): UserId | null =>
  actor.userId ?? actor.bounds?.makerId ?? null;

/** Everything that binds the caller: the organization always, person and key where they have limits. */
export function boundsOf(actor: Spender, { plan, rules }: Policy): Bound[] {
  const found: Bound[] = [];
  const { keyId, bounds } = actor;
  if (keyId)
    found.push({
      type: "key",
      id: keyId,
      // Zero is no limit of the key's own.
      rpm: actor.rateLimitPerMin === 0 ? null : actor.rateLimitPerMin,
      tpm: bounds?.tpm ?? null,
      concurrency: bounds?.concurrency ?? null,
      budgetDailyMicros: bounds?.budgetDailyMicros ?? null,
      budgetMonthlyMicros: bounds?.budgetMonthlyMicros ?? null,
      alertPercents: rules.get(keyId)?.alertPercents ?? ALERT_PERCENTS,
    });
  const person = personOf(actor);
  const ofPerson = person === null ? undefined : rules.get(person);
  if (person !== null && ofPerson) found.push({ type: "user", id: person, ...ofPerson });
  const own = rules.get(actor.orgId) ?? { ...NO_LIMITS, alertPercents: ALERT_PERCENTS };
  found.push({
    type: "org",
    id: actor.orgId,
    ...own,
    rpm: own.rpm ?? plan.rpm,
    tpm: own.tpm ?? plan.tpm,
    concurrency: own.concurrency ?? plan.concurrency,
  });
  return found;
}

export const hasBudget = ({ budgetDailyMicros, budgetMonthlyMicros }: Limits): boolean =>
  budgetDailyMicros !== null || budgetMonthlyMicros !== null;

/** Those that are looked at in the transaction of a hold. */
export const judgedInside = (bounds: readonly Bound[]): Bound[] =>
  bounds.filter((bound) => bound.concurrency !== null || hasBudget(bound));

export const PERIODS = ["day", "month"] as const;
export type Period = (typeof PERIODS)[number];

/** When the UTC day or month began that this instant lies in. */
export const startOf = (period: Period, at: Date): Date =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), period === "day" ? at.getUTCDate() : 1));

export const endOf = (period: Period, start: Date): Date =>
  period === "day"
    ? new Date(start.getTime() + 86_400_000)
    : new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1));

export const budgetOf = (bound: Limits, period: Period): bigint | null =>
  period === "day" ? bound.budgetDailyMicros : bound.budgetMonthlyMicros;

/** Which of these limits leaves the least; null without any. */
export function tightestOf(
  shares: readonly { name: string; used: number; limit: number | null }[],
): string | null {
  let tightest: string | null = null;
  let most = -1;
  for (const { name, used, limit } of shares) {
    if (limit === null) continue;
    assert(limit >= 0, "a limit is not below zero");
    const share = limit === 0 ? 1 : used / limit;
    if (share <= most) continue;
    most = share;
    tightest = name;
  }
  return tightest;
}
