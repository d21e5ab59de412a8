import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem, assert, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { webhookProblems } from "../problems.ts";
import { getLocked, note } from "./change.ts";
import { isOver, MAX_SECRETS, type EndpointId, type SecretId, type SecretView } from "./endpoint.ts";
import { sealSecret } from "./ensure.ts";
import { endSecrets, insertSecret, listSecretsOf, removeSecrets } from "./store.ts";

export type SecretInput = {
  secret: string;
  startsAt: Date | undefined;
  endsAt: Date | undefined;
  /** A roll: until when the endpoint's other secrets verify. */
  othersEndAt: Date | undefined;
};

/**
 * Adds a secret to an endpoint; both verify until one ends. 404 for an unknown endpoint, 409 when it has five or knows the
 * secret, 422 when it would end before it starts.
 */
export function addSecret(
  deps: InboxDeps,
  endpointId: EndpointId,
  input: SecretInput,
  actorId: string,
): Promise<SecretView> {
  const now = deps.clock.now();
  const life = { starts_at: input.startsAt ?? now, ends_at: input.endsAt ?? null, from_config: false };
  if (life.ends_at && life.ends_at <= life.starts_at)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/ends_at", detail: "must be after its start" }],
    });
  return withSystemTx(deps.db, async (tx) => {
    const endpoint = await getLocked(tx, endpointId);
    const others = (await listSecretsOf(tx, endpointId)).filter(
      (row) => row.removed_at === null && !isOver(row, now),
    );
    if (others.length >= MAX_SECRETS) throw new Problem(webhookProblems.too_many_secrets);
    const row = sealSecret(deps, endpoint, input.secret, life);
    if (!(await insertSecret(tx, row))) throw new Problem(webhookProblems.secret_known);
    if (input.othersEndAt)
      await endSecrets(
        tx,
        others.map(({ id }) => id),
        input.othersEndAt,
      );
    const detail = {
      secret_id: row.id,
      starts_at: life.starts_at.toISOString(),
      rolled: Boolean(input.othersEndAt),
    };
    await note(deps, tx, actorId, "endpoint.secret_added", endpointId, detail);
    const { id, hint, from_config, starts_at, ends_at, created_at } = row;
    return { id, hint, from_config, starts_at, ends_at, created_at };
  });
}

/** Removes a secret at once. 404 unknown; 409 `last_secret` for the only one that is not over. */
export function removeSecret(
  deps: InboxDeps,
  endpointId: EndpointId,
  id: SecretId,
  actorId: string,
): Promise<void> {
  const now = deps.clock.now();
  return withSystemTx(deps.db, async (tx) => {
    await getLocked(tx, endpointId);
    const rows = (await listSecretsOf(tx, endpointId)).filter((row) => row.removed_at === null);
    const row = rows.find((each) => each.id === id);
    if (!row) throw new Problem(common.not_found);
    const living = rows.filter((each) => !isOver(each, now));
    if (living.length === 1 && living[0]?.id === id) throw new Problem(webhookProblems.last_secret);
    assert(row.sealed, "a secret that was not removed is sealed");
    await removeSecrets(tx, [id], now);
    await note(deps, tx, actorId, "endpoint.secret_removed", endpointId, { secret_id: id });
  });
}
