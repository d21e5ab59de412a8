/** What operators do to endpoints. Each act is in the trail. */
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { Problem, assert, common } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../../identity/index.ts";
import type { InboxDeps } from "../deps.ts";
import { webhookProblems } from "../problems.ts";
import { sourceOf, type RemoteEndpoints } from "../sources/source.ts";
import { MAX_ENDPOINTS, urlOf, type EndpointId, type EndpointRow, type EndpointView } from "./endpoint.ts";
import { sealSecret } from "./ensure.ts";
import {
  insertEndpoint,
  insertSecret,
  listEndpoints,
  listSecretsOf,
  lockEndpoint,
  removeSecrets,
  updateEndpoint,
  viewEndpoints,
} from "./store.ts";

export type EndpointInput = {
  source: string;
  accountId: string;
  providerWebhookId: string | null;
  enabled: boolean;
  maxAttempts: number | undefined;
  capPerMinute: number | null;
  createRemote: boolean;
};

export type EndpointChange = {
  enabled?: boolean | undefined;
  maxAttempts?: number | undefined;
  capPerMinute?: number | null | undefined;
  providerWebhookId?: string | null | undefined;
};

type Deps = InboxDeps;

/**
 * Adds an endpoint; with `createRemote` at the company too, whose secret is then its first. The row is committed before the
 * company is called: a retry of the same operation goes on from it. 404 for an unknown source, 409 when there are too many
 * or the company's id is taken, 422 when the account's endpoints cannot be made from here.
 */
export async function createEndpoint(
  deps: Deps,
  input: EndpointInput,
  by: { actorId: string; operationId: Id<"idk"> },
): Promise<EndpointView> {
  const source = sourceOf(deps.sources, input.source, input.accountId);
  if (!source) throw new Problem(common.not_found);
  const remote = input.createRemote ? source.remote : undefined;
  if (input.createRemote && (!remote || source.accountId !== input.accountId))
    throw new Problem(webhookProblems.remote_unsupported);
  const id: EndpointId = `whe_${by.operationId.slice(4)}`;
  const row = await withSystemTx(deps.db, async (tx) => {
    const known = await lockEndpoint(tx, id);
    if (known) return known;
    if ((await listEndpoints(tx)).length >= MAX_ENDPOINTS)
      throw new Problem(webhookProblems.too_many_endpoints);
    const inserted = await insertEndpoint(tx, {
      id,
      source: input.source,
      account_id: input.accountId,
      mode: source.mode,
      provider_webhook_id: input.providerWebhookId,
      is_default: false,
      enabled: input.enabled,
      max_attempts: input.maxAttempts ?? deps.maxAttempts,
      cap_per_minute: input.capPerMinute,
      created_at: deps.clock.now(),
    });
    if (!inserted) throw new Problem(webhookProblems.endpoint_known);
    const detail = { source: input.source, account_id: input.accountId, remote: input.createRemote };
    await note(deps, tx, by.actorId, "endpoint.created", id, detail);
    return lockEndpoint(tx, id);
  });
  assert(row, "an endpoint that was inserted is there");
  if (remote && row.provider_webhook_id === null) await makeRemote(deps, remote, row);
  return getEndpoint(deps, id);
}

async function makeRemote(deps: Deps, remote: RemoteEndpoints, row: EndpointRow): Promise<void> {
  const wanted = { url: urlOf(deps.baseUrl, row), idempotencyKey: `${row.id}:create:1` };
  const made = await remote.create(wanted).catch(async (error: unknown) => {
    // Refused for good: nothing was made there, so nothing stays here. An unknown outcome is carried on by a retry.
    if (error instanceof Problem && error.kind === webhookProblems.provider_refused)
      await withSystemTx(deps.db, (tx) => updateEndpoint(tx, { ...row, deleted_at: deps.clock.now() }));
    throw error;
  });
  await withSystemTx(deps.db, async (tx) => {
    await updateEndpoint(tx, { ...row, provider_webhook_id: made.webhookId, is_remote: true });
    const life = { starts_at: deps.clock.now(), ends_at: null, from_config: false };
    if (made.secret !== null) await insertSecret(tx, sealSecret(deps, row, made.secret, life));
  });
}

/** Changes what is given; 404 for an endpoint that does not exist, 409 when the company's id is another's. */
export async function changeEndpoint(
  deps: Deps,
  id: EndpointId,
  change: EndpointChange,
  actorId: string,
): Promise<EndpointView> {
  await withSystemTx(deps.db, async (tx) => {
    const row = await getLocked(tx, id);
    const { enabled, maxAttempts, capPerMinute, providerWebhookId } = change;
    const changed: EndpointRow = {
      ...row,
      enabled: enabled ?? row.enabled,
      max_attempts: maxAttempts ?? row.max_attempts,
      cap_per_minute: capPerMinute === undefined ? row.cap_per_minute : capPerMinute,
      provider_webhook_id: providerWebhookId === undefined ? row.provider_webhook_id : providerWebhookId,
    };
    if (changed.provider_webhook_id !== null)
      for (const other of await listEndpoints(tx))
        if (
          other.id !== id &&
          other.source === row.source &&
          other.provider_webhook_id === changed.provider_webhook_id
        )
          throw new Problem(webhookProblems.endpoint_known);
    await updateEndpoint(tx, changed);
    const { source, max_attempts, cap_per_minute } = changed;
    await note(deps, tx, actorId, "endpoint.changed", id, {
      source,
      enabled: changed.enabled,
      max_attempts,
      cap_per_minute,
    });
  });
  return getEndpoint(deps, id);
}

/** Removes an endpoint, at the company too if we made it there. 404 unknown; 409 for a default one, which is switched off. */
export async function removeEndpoint(deps: Deps, id: EndpointId, actorId: string): Promise<void> {
  const row = await withSystemTx(deps.db, (tx) => getLocked(tx, id));
  if (row.is_default) throw new Problem(webhookProblems.default_endpoint);
  const remote = sourceOf(deps.sources, row.source, row.account_id)?.remote;
  if (row.is_remote && row.provider_webhook_id !== null) await remote?.remove(row.provider_webhook_id);
  await withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const locked = await getLocked(tx, id);
    await updateEndpoint(tx, { ...locked, enabled: false, deleted_at: now });
    const secrets = (await listSecretsOf(tx, id)).filter(({ removed_at: removed }) => removed === null);
    await removeSecrets(
      tx,
      secrets.map((secret) => secret.id),
      now,
    );
    await note(deps, tx, actorId, "endpoint.removed", id, { source: row.source, account_id: row.account_id });
  });
}

export async function getEndpoint({ db }: Pick<Deps, "db">, id: EndpointId): Promise<EndpointView> {
  const [view] = await withSystemTx(db, (tx) => viewEndpoints(tx, id));
  if (!view) throw new Problem(common.not_found);
  return view;
}

export async function getLocked(tx: Tx, id: EndpointId): Promise<EndpointRow> {
  const row = await lockEndpoint(tx, id);
  if (!row) throw new Problem(common.not_found);
  return row;
}

export function note(
  { clock }: Pick<Deps, "clock">,
  tx: Tx,
  actorId: string,
  action: string,
  targetId: string,
  detail: Record<string, unknown>,
): Promise<unknown> {
  return audit(tx, clock.now(), { orgId: INSTALLATION, actorId, action, targetId, detail });
}
