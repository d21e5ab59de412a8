import { addMs, type Clock } from "../../../platform/clock.ts";
import { type Db, withTx } from "../../../platform/db/index.ts";
import { may, type Actor } from "../../../platform/http/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { TenancyConfig } from "../config.ts";
import type { TenancyDeps } from "../deps.ts";
import { aboveMaker, type Scope } from "../permissions.ts";
import type { Person } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { hashKey, makeKey, type KeyMode } from "./api-key.ts";
import { type ApiKey, type KeyDefaults, type KeyKind, type KeyLimits, UNUSED_AFTER_MS } from "./key.ts";
import { findKey, insertKey, listKeys } from "./store.ts";

const DEFAULT_LIFE_MS = 90 * 86_400_000;

export type NewKey = {
  name: string;
  kind: KeyKind;
  mode: KeyMode;
  scopes: readonly Scope[];
  allowedCidrs: readonly string[];
  allowedModels: readonly string[];
  defaults: KeyDefaults;
  limits: KeyLimits;
  /** Undefined: 90 days from now; null: never. */
  expiresAt: Date | null | undefined;
};

type Deps = { db: Db; clock: Clock; config: TenancyConfig };

/** Whoever manages keys sees and changes everyone's, others their own. */
export const reach = (actor: Actor): UserId | null => {
  if (may(actor, "api_keys.manage")) return null;
  if (!actor.userId) throw new Problem(common.forbidden);
  return actor.userId;
};

/** What was granted or used since then counts as used. */
export const unusedBefore = ({ clock }: { clock: Clock }): Date => addMs(clock.now(), -UNUSED_AFTER_MS);

/** 422 for an end that is over before it begins. */
export function checkExpiry(expiresAt: Date | null | undefined, now: Date): void {
  if (expiresAt && expiresAt <= now)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/expires_at", detail: "must lie in the future" }],
    });
}

/** Makes a key. `secret` is null when the operation had made it before and was carried on: nobody can read it again. */
export async function createKey(
  deps: Deps,
  maker: Person,
  input: NewKey,
  operationId: Id<"idk">,
): Promise<{ key: ApiKey; secret: string | null }> {
  const { db, clock, config } = deps;
  if (input.mode !== config.INSTALLATION_MODE) throw new Problem(tenancyProblems.mode_unavailable);
  if (input.kind === "service" && !maker.permissions.has("api_keys.manage"))
    throw new Problem(tenancyProblems.above_own_role, { detail: "kind" });
  const above = aboveMaker(maker, {
    ...input,
    rateLimitPerMin: input.limits.rpm,
    expires: input.expiresAt !== null,
  });
  if (above) throw new Problem(tenancyProblems.above_own_role, { detail: above });
  const now = clock.now();
  checkExpiry(input.expiresAt, now);
  const made = makeKey(input.mode);
  const { orgId, userId } = maker;
  const key: ApiKey = {
    ...input,
    id: `key_${operationId.slice(4)}`,
    publicId: made.publicId,
    createdBy: userId,
    role: maker.role,
    scopes: [...new Set(input.scopes)],
    unusedScopes: [],
    pausedAt: null,
    expiresAt: input.expiresAt === undefined ? addMs(now, DEFAULT_LIFE_MS) : input.expiresAt,
    lastUsedAt: null,
    createdAt: now,
  };
  return withTx(db, orgId, async (tx) => {
    if (await insertKey(tx, orgId, key, hashKey(made.text, config.API_KEY_PEPPER))) {
      const { id: targetId, kind, mode, scopes } = key;
      const detail = { kind, mode, scopes };
      await audit(tx, now, { orgId, actorId: userId, action: "key.created", targetId, detail });
      return { key, secret: made.text };
    }
    const earlier = await findKey(tx, orgId, key.id, userId, unusedBefore(deps));
    if (!earlier) throw new Problem(common.not_found);
    return { key: earlier, secret: null };
  });
}

export function keysOf(
  deps: Pick<TenancyDeps, "db" | "clock">,
  actor: Actor,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<ApiKey[]> {
  const { orgId }: { orgId: OrgId } = actor;
  const madeBy = reach(actor);
  return withTx(deps.db, orgId, (tx) => listKeys(tx, orgId, madeBy, unusedBefore(deps), limit, after));
}
