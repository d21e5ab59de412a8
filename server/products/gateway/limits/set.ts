import { audit } from "../../../kernel/identity/index.ts";
import { isMember } from "../../../kernel/tenancy/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { isId, type KeyId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Gateway } from "../settling/state.ts";
import { NO_LIMITS, type Limits, type PlanRates } from "./bound.ts";
import { LIMITS_TOPIC } from "./policy.ts";
import { saveRule, type StoredRule } from "./store.ts";

/** Writes a key's limits where they stand: with the key. 404 for one that is not the organization's. */
export type SetKeyLimits = (actor: Actor, id: KeyId, limits: Limits) => Promise<void>;

/**
 * Sets all limits of one subject; what is null it inherits. 404 for a subject that is not the organization's, 422 for a rate
 * above the plan's.
 */
export async function setLimits(
  gateway: Gateway,
  setKeyLimits: SetKeyLimits,
  actor: Actor,
  rule: StoredRule,
): Promise<void> {
  const { db, clock, hub } = gateway.deps;
  const { orgId } = actor;
  const { plan } = await gateway.policies.of(orgId, actor.mode);
  refuseAbovePlan(rule, plan);
  const now = clock.now();
  const by = actor.userId ?? actor.credentialId;
  if (rule.type === "key") {
    if (!isId("key", rule.id)) throw new Problem(common.not_found);
    await setKeyLimits(actor, rule.id, rule);
  }
  await withTx(db, orgId, async (tx) => {
    if (rule.type === "org" && rule.id !== orgId) throw new Problem(common.not_found);
    if (rule.type === "user" && !(isId("usr", rule.id) && (await isMember(tx, orgId, rule.id))))
      throw new Problem(common.not_found);
    const row = rule.type === "key" ? { ...rule, ...NO_LIMITS } : rule;
    await saveRule(tx, orgId, row, { by, now });
    await audit(tx, now, {
      orgId,
      actorId: by,
      action: "limits.changed",
      targetId: rule.id,
      detail: {
        rpm: rule.rpm,
        tpm: rule.tpm,
        concurrency: rule.concurrency,
        budget_daily_micros: numberOf(rule.budgetDailyMicros),
        budget_monthly_micros: numberOf(rule.budgetMonthlyMicros),
        alert_percents: [...rule.alertPercents],
      },
    });
    tx.afterCommit(() => {
      gateway.policies.forget(orgId);
      hub.publish(LIMITS_TOPIC, orgId, { subject_type: rule.type, subject_id: rule.id }, rule.id);
    });
  });
}

const numberOf = (micros: bigint | null): number | null => (micros === null ? null : Number(micros));

function refuseAbovePlan(limits: Limits, plan: PlanRates & { key: string }): void {
  const errors = (["rpm", "tpm", "concurrency"] as const).flatMap((name) => {
    const [asked, most] = [limits[name], plan[name]];
    return asked !== null && most !== null && asked > most
      ? [{ pointer: `/${name}`, detail: `is above the ${most} of the plan ${plan.key}` }]
      : [];
  });
  if (errors.length > 0) throw new Problem(common.invalid_input, { errors });
}
