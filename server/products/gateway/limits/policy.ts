import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { GatewayDeps } from "../deps.ts";
import type { Policy } from "./bound.ts";
import { listRules } from "./store.ts";

/** A change of limits is told at once; one of the plan counts within this time. */
const MAX_AGE_MS = 5_000;
const MAX_REMEMBERED = 10_000;
/** Limits of an organization have changed. */
export const LIMITS_TOPIC = "limits.changed";

export type Policies = {
  /** Known for five seconds, so that a call costs no query. */
  of(org: OrgId, mode: "test" | "live"): Promise<Policy>;
  forget(org: OrgId): void;
  close(): void;
};

/** What organizations have said of their limits, and their plans, as this process remembers them. */
export function createPolicies(deps: Pick<GatewayDeps, "db" | "hub" | "planOf">): Policies {
  const known = new Map<OrgId, { policy: Promise<Policy>; until: number }>();
  const load = (org: OrgId, mode: "test" | "live") =>
    withTx(deps.db, org, async (tx): Promise<Policy> => {
      const [rules, { key, limits }] = [await listRules(tx, org), await deps.planOf(tx, org, mode)];
      const { rpm, tpm, concurrency } = limits;
      return {
        plan: { key, rpm, tpm, concurrency },
        rules: new Map(rules.map((rule) => [rule.id, rule])),
      };
    });
  const leave = deps.hub.subscribe(
    {
      wants: ({ topic }) => topic === LIMITS_TOPIC,
      send: ({ orgId }) => void (orgId && known.delete(orgId)),
    },
    null,
  );
  return {
    of(org, mode) {
      const now = performance.now();
      const found = known.get(org);
      if (found && found.until > now) return found.policy;
      const policy = load(org, mode);
      // Deleted first, so that the map stays in the order of age.
      known.delete(org);
      known.set(org, { policy, until: now + MAX_AGE_MS });
      policy.catch(() => known.get(org)?.policy === policy && known.delete(org));
      const [oldest] = known.keys();
      if (known.size > MAX_REMEMBERED && oldest) known.delete(oldest);
      return policy;
    },
    forget: (org) => void known.delete(org),
    close: leave,
  };
}
