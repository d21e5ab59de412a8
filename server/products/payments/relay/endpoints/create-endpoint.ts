import { withTx } from "../../../../platform/db/index.ts";
import { newId } from "../../../../platform/ids.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import { audit } from "../../../../kernel/identity/index.ts";
import type { By } from "../actor.ts";
import type { RelayDeps } from "../deps.ts";
import { addressFault, placeOf, type Endpoint } from "./endpoint.ts";
import { insertEndpoint, listEndpoints, lockEndpoints } from "./endpoint-store.ts";
import { relayProblems } from "../problems.ts";
import { newSecret } from "../messages/sign.ts";

const MOST = 20;

export type EndpointInput = { url: string; types: string[]; ordered: boolean; enabled: boolean };

/** 422 for an address that cannot be one: not https, or a number inside a network. */
export function checkAddress({ config }: Pick<RelayDeps, "config">, url: string): void {
  const fault = addressFault(url, config.RELAY_PRIVATE_HOSTS);
  if (fault) throw new Problem(common.invalid_input, { errors: [{ pointer: "/url", detail: fault }] });
}

/** Makes an endpoint with a secret of its own, which is told here and never again. 409 beyond 20. */
export async function createEndpoint(
  deps: RelayDeps,
  { orgId, mode, actorId }: By,
  input: EndpointInput,
): Promise<{ endpoint: Endpoint; secret: string }> {
  checkAddress(deps, input.url);
  const secret = newSecret();
  const id = newId("out");
  return withTx(deps.db, orgId, async (tx) => {
    const now = deps.clock.now();
    await lockEndpoints(tx, orgId);
    if ((await listEndpoints(tx, orgId, mode)).length >= MOST)
      throw new Problem(relayProblems.too_many_endpoints);
    const endpoint: Endpoint = {
      ...input,
      types: [...new Set(input.types)].sort(),
      orgId,
      id,
      mode,
      disabledReason: null,
      previousUntil: null,
      failingSince: null,
      createdAt: now,
    };
    const sealed = deps.sealer.seal(Buffer.from(secret), placeOf(id));
    await insertEndpoint(tx, { ...endpoint, secret: sealed, previousSecret: null });
    await audit(tx, now, {
      orgId,
      actorId,
      action: "outbound_endpoint.created",
      targetId: id,
      detail: { host: new URL(input.url).host, types: endpoint.types },
    });
    return { endpoint, secret };
  });
}
