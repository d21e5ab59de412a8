import { audit } from "../../../kernel/identity/index.ts";
import { withTx, type Tx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { common, Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { ownKeyPlace, type OwnKey, type OwnKeyId } from "./own-key.ts";
import { deleteOwnKey, insertOwnKey, listOwnKeys, lockOwnKey, updateOwnKey } from "./store.ts";

const CHECK_MS = 10_000;
type Wish = Pick<OwnKey, "use" | "fallback_to_platform">;

export const readOwnKeys = ({ deps }: Gateway, org: OrgId): Promise<OwnKey[]> =>
  withTx(deps.db, org, (tx) => listOwnKeys(tx, org));

/** Keeps a key of the organization's at a provider, which is asked whether it is good. 409 where there is one. Audited. */
export async function addOwnKey(
  gateway: Gateway,
  actor: Actor,
  id: OwnKeyId,
  wanted: Wish & { provider: string; secret: string },
): Promise<OwnKey> {
  const { db, clock, sealer } = gateway.deps;
  const { orgId } = actor;
  const { provider, secret, ...wish } = wanted;
  await check(gateway, provider, secret);
  const now = clock.now();
  const sealed = sealer.seal(Buffer.from(secret), ownKeyPlace(orgId, id));
  const key = { id, provider, secret: sealed, secret_last4: secret.slice(-4), ...wish };
  const added = await withTx(db, orgId, async (tx) => {
    if (!(await insertOwnKey(tx, orgId, key, now))) throw new Problem(gatewayProblems.provider_key_exists);
    await written(tx, actor, now, "provider_key.added", id, { provider, ...wish });
    return { ...key, state: "ok" as const, refusals: 0, created_at: now, updated_at: now };
  });
  gateway.ownKeys.changed(orgId);
  return added;
}

/** Changes how it is used, or the key itself, which is asked about anew. 404 for none. Audited. */
export async function changeOwnKey(
  gateway: Gateway,
  actor: Actor,
  id: OwnKeyId,
  { secret, ...wish }: Wish & { secret?: string | undefined },
): Promise<OwnKey> {
  const { db, clock, sealer } = gateway.deps;
  const { orgId } = actor;
  const known = (await readOwnKeys(gateway, orgId)).find((key) => key.id === id);
  if (!known) throw new Problem(common.not_found);
  if (secret !== undefined) await check(gateway, known.provider, secret);
  const now = clock.now();
  const changed = await withTx(db, orgId, async (tx) => {
    const before = await lockOwnKey(tx, orgId, id);
    if (!before) throw new Problem(common.not_found);
    const kept =
      secret === undefined
        ? { secret: before.secret, secret_last4: before.secret_last4 }
        : {
            secret: sealer.seal(Buffer.from(secret), ownKeyPlace(orgId, id)),
            secret_last4: secret.slice(-4),
          };
    await updateOwnKey(tx, orgId, { id, ...kept, ...wish }, now);
    const { provider } = before;
    await written(tx, actor, now, "provider_key.changed", id, {
      provider,
      ...wish,
      secret: secret !== undefined,
    });
    return { ...before, ...kept, ...wish, state: "ok" as const, refusals: 0, updated_at: now };
  });
  gateway.ownKeys.changed(orgId);
  return changed;
}

/** Forgets it; calls go by the installation's keys from then on. 404 for none. Audited. */
export async function removeOwnKey(gateway: Gateway, actor: Actor, id: OwnKeyId): Promise<void> {
  const { db, clock } = gateway.deps;
  const { orgId } = actor;
  const now = clock.now();
  await withTx(db, orgId, async (tx) => {
    if (!(await deleteOwnKey(tx, orgId, id))) throw new Problem(common.not_found);
    await written(tx, actor, now, "provider_key.removed", id, {});
  });
  gateway.ownKeys.changed(orgId);
}

/** 422 for a provider that is not known here or a key that it refuses; one that does not answer may be well. */
async function check({ registry }: Gateway, provider: string, secret: string): Promise<void> {
  const answer = await registry.check(provider, secret, AbortSignal.timeout(CHECK_MS));
  if (answer === "unknown") throw wrong("/provider", "is no provider here");
  if (answer === "refused") throw wrong("/secret", "is refused by the provider");
}

export const wrong = (pointer: string, detail: string) =>
  new Problem(common.invalid_input, { errors: [{ pointer, detail }] });

async function written(
  tx: Tx,
  { orgId, userId, credentialId }: Actor,
  now: Date,
  action: string,
  targetId: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await audit(tx, now, { orgId, actorId: userId ?? credentialId, action, targetId, detail });
}
