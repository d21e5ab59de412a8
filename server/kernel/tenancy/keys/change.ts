import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { KeyId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { aboveMaker, type Scope, withinRole } from "../permissions.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { hashKey, makeKeyAgain } from "./api-key.ts";
import { checkExpiry, reach, unusedBefore } from "./create.ts";
import type { ApiKey, KeyDefaults, KeyLimits } from "./key.ts";
import { findKey, grantScopes, replaceSecret, revokeKeyRow, updateKey } from "./store.ts";

export type KeyChange = {
  name?: string | undefined;
  scopes?: readonly Scope[] | undefined;
  expiresAt?: Date | null | undefined;
  allowedCidrs?: readonly string[] | undefined;
  allowedModels?: readonly string[] | undefined;
  defaults?: KeyDefaults | undefined;
  limits?: KeyLimits | undefined;
  paused?: boolean | undefined;
};

const HOUR_MS = 3_600_000;

/** Changes what a key may; every process knows with the commit. Taking away needs no rank, giving needs one's own. */
export async function changeKey(
  deps: TenancyDeps,
  actor: Actor,
  id: KeyId,
  change: KeyChange,
): Promise<ApiKey> {
  const { orgId } = actor;
  const now = deps.clock.now();
  const madeBy = reach(actor);
  checkExpiry(change.expiresAt, now);
  return withTx(deps.db, orgId, async (tx) => {
    const before = await findKey(tx, orgId, id, madeBy, unusedBefore(deps));
    if (!before) throw new Problem(common.not_found);
    const key = changed(before, change, now);
    checkGiven(actor, before, key);
    await updateKey(tx, orgId, key);
    if (change.scopes) await grantScopes(tx, orgId, id, key.scopes, now);
    const fields = Object.keys(change).filter((name) => change[name as keyof KeyChange] !== undefined);
    await audit(tx, now, {
      orgId,
      actorId: actorIdOf(actor),
      action: "key.changed",
      targetId: id,
      detail: { fields, ...(change.scopes ? { scopes: key.scopes } : {}), paused: key.pausedAt !== null },
    });
    await deps.revocations.revokeWith(tx, { credentialId: id });
    return key;
  });
}

function changed(before: ApiKey, change: KeyChange, now: Date): ApiKey {
  const scopes = change.scopes ? [...new Set(change.scopes)] : before.scopes;
  const { paused = before.pausedAt !== null } = change;
  return {
    ...before,
    name: change.name ?? before.name,
    scopes,
    unusedScopes: before.unusedScopes.filter((scope) => scopes.includes(scope)),
    allowedCidrs: change.allowedCidrs ?? before.allowedCidrs,
    allowedModels: change.allowedModels ?? before.allowedModels,
    defaults: change.defaults ?? before.defaults,
    limits: change.limits ?? before.limits,
    expiresAt: change.expiresAt === undefined ? before.expiresAt : change.expiresAt,
    pausedAt: paused ? (before.pausedAt ?? now) : null,
  };
}

/** 403 for what is above whoever gives it, or above the role that a service key was made with. */
function checkGiven(actor: Actor, before: ApiKey, key: ApiKey): void {
  const added = key.scopes.filter((scope) => !before.scopes.includes(scope));
  const above = aboveMaker(actor, {
    scopes: added,
    rateLimitPerMin: key.limits.rpm === before.limits.rpm ? null : key.limits.rpm,
    expires: key.expiresAt !== null || before.expiresAt === null,
  });
  const beyond = added.some(
    (scope) =>
      (actor.scopes && !actor.scopes.includes(scope)) ||
      (key.kind === "service" && !withinRole(key.role, scope)),
  );
  if (above ?? (beyond ? "scopes" : null))
    throw new Problem(tenancyProblems.above_own_role, { detail: above ?? "scopes" });
}

/** Changes a key's limits alone, for modules that show them beside their own. */
export const setKeyLimits =
  (deps: TenancyDeps) =>
  async (actor: Actor, id: KeyId, limits: KeyLimits): Promise<void> => {
    const { rpm, tpm, concurrency, budgetDailyMicros, budgetMonthlyMicros } = limits;
    await changeKey(deps, actor, id, {
      limits: { rpm, tpm, concurrency, budgetDailyMicros, budgetMonthlyMicros },
    });
    deps.hub.publish("api_key.updated", actor.orgId, { id });
  };

/** Ends a key for good. 404 for one that is not there, not theirs, or ended. */
export async function revokeKey(deps: TenancyDeps, actor: Actor, id: KeyId): Promise<void> {
  const { orgId } = actor;
  const madeBy = reach(actor);
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    if (!(await revokeKeyRow(tx, orgId, id, madeBy, now))) throw new Problem(common.not_found);
    await audit(tx, now, { orgId, actorId: actorIdOf(actor), action: "key.revoked", targetId: id });
    await deps.revocations.revokeWith(tx, { credentialId: id });
  });
}

/**
 * Gives a key a new secret under the same id; the old one serves `overlapHours` more, one from a rotation before that no
 * longer.
 */
export async function rotateKey(
  deps: TenancyDeps,
  actor: Actor,
  id: KeyId,
  overlapHours: number,
): Promise<{ key: ApiKey; secret: string }> {
  const { orgId } = actor;
  const { clock, config } = deps;
  const now = clock.now();
  const madeBy = reach(actor);
  return withTx(deps.db, orgId, async (tx) => {
    const key = await findKey(tx, orgId, id, madeBy, unusedBefore(deps));
    if (!key) throw new Problem(common.not_found);
    const made = makeKeyAgain(key.mode, key.publicId);
    const until = overlapHours === 0 ? null : addMs(now, overlapHours * HOUR_MS);
    await replaceSecret(tx, orgId, id, hashKey(made.text, config.API_KEY_PEPPER), until);
    await audit(tx, now, {
      orgId,
      actorId: actorIdOf(actor),
      action: "key.rotated",
      targetId: id,
      detail: { overlap_hours: overlapHours },
    });
    await deps.revocations.revokeWith(tx, { credentialId: id });
    return { key, secret: made.text };
  });
}
