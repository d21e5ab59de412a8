import { addMs, type Clock } from "../../platform/clock.ts";
import { type Db, withTx } from "../../platform/db/index.ts";
import type { Id, KeyId, UserId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import { audit } from "../identity/index.ts";
import { hashKey, makeKey, type KeyMode } from "./api-key.ts";
import { type ApiKey, findKey, insertKey, listKeys, revokeKeyRow } from "./api-key-store.ts";
import type { TenancyConfig } from "./config.ts";
import { aboveMaker, type Scope } from "./permissions.ts";
import type { Person } from "./person.ts";
import { tenancyProblems } from "./problems.ts";

const DEFAULT_LIFE_MS = 90 * 86_400_000;

export type NewKey = {
  name: string;
  mode: KeyMode;
  scopes: readonly Scope[];
  /** Null: the installation's default; 0: no limit. */
  rateLimitPerMin: number | null;
  /** Undefined: 90 days from now; null: never. */
  expiresAt: Date | null | undefined;
};

type Deps = { db: Db; clock: Clock; config: TenancyConfig };
/** Whoever manages keys sees and ends everyone's, others their own. */
const reach = ({ permissions, userId }: Person): UserId | null =>
  permissions.has("api_keys.manage") ? null : userId;

/** Makes a key. `secret` is null when the operation had made it before and was carried on: nobody can read it again. */
export async function createKey(
  { db, clock, config }: Deps,
  maker: Person,
  input: NewKey,
  operationId: Id<"idk">,
): Promise<{ key: ApiKey; secret: string | null }> {
  if (input.mode !== config.INSTALLATION_MODE) throw new Problem(tenancyProblems.mode_unavailable);
  const above = aboveMaker(maker, { ...input, expires: input.expiresAt !== null });
  if (above) throw new Problem(tenancyProblems.above_own_role, { detail: above });
  const now = clock.now();
  if (input.expiresAt && input.expiresAt <= now)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/expires_at", detail: "must lie in the future" }],
    });
  const made = makeKey(input.mode);
  const key: ApiKey = {
    id: `key_${operationId.slice(4)}`,
    publicId: made.publicId,
    name: input.name,
    mode: input.mode,
    createdBy: maker.userId,
    role: maker.role,
    scopes: [...new Set(input.scopes)],
    rateLimitPerMin: input.rateLimitPerMin,
    expiresAt: input.expiresAt === undefined ? addMs(now, DEFAULT_LIFE_MS) : input.expiresAt,
    lastUsedAt: null,
    createdAt: now,
  };
  return withTx(db, maker.orgId, async (tx) => {
    const hash = hashKey(made.text, config.API_KEY_PEPPER);
    if (await insertKey(tx, maker.orgId, key, hash)) {
      const { id: targetId, mode, scopes } = key;
      const { orgId, userId: actorId } = maker;
      await audit(tx, now, { orgId, actorId, action: "key.created", targetId, detail: { mode, scopes } });
      return { key, secret: made.text };
    }
    const earlier = await findKey(tx, maker.orgId, key.id);
    if (!earlier) throw new Problem(common.not_found);
    return { key: earlier, secret: null };
  });
}

export function keysOf(
  db: Db,
  person: Person,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<ApiKey[]> {
  return withTx(db, person.orgId, (tx) => listKeys(tx, person.orgId, reach(person), limit, after));
}

/** Ends a key for good. 404 for one that is not there, not theirs, or ended. */
export async function revokeKey({ db, clock }: Deps, person: Person, id: KeyId): Promise<void> {
  const { orgId, userId: actorId } = person;
  const now = clock.now();
  await withTx(db, orgId, async (tx) => {
    if (!(await revokeKeyRow(tx, orgId, id, reach(person), now))) throw new Problem(common.not_found);
    await audit(tx, now, { orgId, actorId, action: "key.revoked", targetId: id });
  });
}
