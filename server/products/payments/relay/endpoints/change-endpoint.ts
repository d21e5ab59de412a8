import { addMs } from "../../../../platform/clock.ts";
import { withTx, type Tx } from "../../../../platform/db/index.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import { audit } from "../../../../kernel/identity/index.ts";
import type { By } from "../actor.ts";
import { checkAddress, type EndpointInput } from "./create-endpoint.ts";
import type { RelayDeps } from "../deps.ts";
import { placeOf, type Endpoint, type EndpointId, type SealedSecrets } from "./endpoint.ts";
import { deleteEndpoint, lockEndpoint, updateEndpoint } from "./endpoint-store.ts";
import { failWaiting } from "../messages/message-store.ts";
import { newSecret } from "../messages/sign.ts";

/** After a rotation the old secret signs too for that long. */
const OVERLAP_MS = 24 * 3_600_000;

/** The endpoint, locked; 404 for one of another organization or mode. */
export async function getEndpoint(
  tx: Tx,
  { orgId, mode }: By,
  id: EndpointId,
): Promise<Endpoint & SealedSecrets> {
  const endpoint = await lockEndpoint(tx, orgId, id);
  if (endpoint?.mode !== mode) throw new Problem(common.not_found);
  return endpoint;
}

type Given<T> = { [K in keyof T]?: T[K] | undefined };

/** Turned on again it starts anew; turned off, what waits for it fails and can be replayed. */
export function changeEndpoint(
  deps: RelayDeps,
  by: By,
  id: EndpointId,
  change: Given<EndpointInput>,
): Promise<Endpoint> {
  if (change.url !== undefined) checkAddress(deps, change.url);
  return withTx(deps.db, by.orgId, async (tx) => {
    const now = deps.clock.now();
    const before = await getEndpoint(tx, by, id);
    const enabled = change.enabled ?? before.enabled;
    const after = {
      ...before,
      url: change.url ?? before.url,
      types: change.types ? [...new Set(change.types)].sort() : before.types,
      ordered: change.ordered ?? before.ordered,
      enabled,
      disabledReason: enabled ? null : before.disabledReason,
      failingSince: enabled && !before.enabled ? null : before.failingSince,
    };
    await updateEndpoint(tx, after);
    if (!enabled && before.enabled) await failWaiting(tx, by.orgId, id, now);
    await note(tx, by, now, { action: "changed", id, detail: { fields: Object.keys(change).sort() } });
    return after;
  });
}

/** What waits for it fails; what it got is kept for its 30 days, unseen. Gone already: 404. */
export function removeEndpoint(deps: RelayDeps, by: By, id: EndpointId): Promise<void> {
  return withTx(deps.db, by.orgId, async (tx) => {
    const now = deps.clock.now();
    await getEndpoint(tx, by, id);
    await failWaiting(tx, by.orgId, id, now);
    await deleteEndpoint(tx, by.orgId, id);
    await note(tx, by, now, { action: "deleted", id });
  });
}

/** A new secret, told here and never again; the one before it signs too for 24 hours. */
export function rotateSecret(
  deps: RelayDeps,
  by: By,
  id: EndpointId,
): Promise<{ endpoint: Endpoint; secret: string }> {
  const secret = newSecret();
  return withTx(deps.db, by.orgId, async (tx) => {
    const now = deps.clock.now();
    const before = await getEndpoint(tx, by, id);
    const endpoint = {
      ...before,
      secret: deps.sealer.seal(Buffer.from(secret), placeOf(id)),
      previousSecret: before.secret,
      previousUntil: addMs(now, OVERLAP_MS),
    };
    await updateEndpoint(tx, endpoint);
    await note(tx, by, now, { action: "secret_rotated", id });
    return { endpoint, secret };
  });
}

const note = (
  tx: Tx,
  { orgId, actorId }: By,
  now: Date,
  { action, id, detail = {} }: { action: string; id: string; detail?: Record<string, unknown> },
): Promise<void> =>
  audit(tx, now, { orgId, actorId, action: `outbound_endpoint.${action}`, targetId: id, detail });
