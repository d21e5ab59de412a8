/** Calls about events out. */
import { newId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import type { Example } from "./examples.ts";
import { once, ownOrganization } from "./rows.ts";

const endpoint = (app: TestApp) => ({
  url: `${app.sandbox.url}/customer-app/default/hooks/sweep`,
  types: ["credits.granted" as const],
});

/** An endpoint of the first organization; one row for all calls that leave it there. */
const anOutboundEndpoint = once(async (app) => {
  const { status, body, text } = await app.owner.call<{ endpoint: { id: string } }>(
    "POST",
    "/api/outbound/endpoints",
    { body: endpoint(app) },
  );
  if (status !== 201) throw new Error(`no endpoint: ${text}`);
  return body.endpoint.id;
});

/** A row of its own, since the call that names it removes it; and beyond the bound of those that the API makes. */
async function anEndpointToRemove(app: TestApp): Promise<string> {
  const id = newId("out");
  await app.sql(
    `insert into payments.outbound_endpoints (org_id, id, mode, url, types, ordered, secret, created_at)
     select org_id, $2, mode, url, types, ordered, secret, now() from payments.outbound_endpoints
     where org_id = $1 and id = $3`,
    [await ownOrganization(app), id, await anOutboundEndpoint(app)],
  );
  return id;
}

/** A message that was delivered; a new one each time. */
async function aMessage(app: TestApp): Promise<string> {
  const id = newId("msg");
  await app.sql(
    `insert into payments.outbound_messages (org_id, id, endpoint_id, event_id, type, object_id, object_version, body, state,
       due_at, created_at, finished_at)
     values ($1, $2, $3, $2, 'credits.granted', 'grt_sweep', 1, '{}', 'delivered', now(), now(), now())`,
    [await ownOrganization(app), id, await anOutboundEndpoint(app)],
  );
  return id;
}

const on = (body?: unknown): Example => ({
  given: async (app) => ({ params: { id: await anOutboundEndpoint(app) }, ...(body ? { body } : {}) }),
});
const message: Example = { given: async (app) => ({ params: { id: await aMessage(app) } }) };

export const relayExamples: Record<string, Example> = {
  listOutboundEventTypes: {},
  listOutboundEndpoints: {},
  listAllOutboundEndpoints: {},
  createOutboundEndpoint: {
    given: async (app) => {
      // Calls of the sweep would otherwise reach the bound of twenty.
      await app.sql("delete from payments.outbound_endpoints where id <> $1", [
        await anOutboundEndpoint(app),
      ]);
      return { body: endpoint(app) };
    },
  },
  changeOutboundEndpoint: on({ ordered: true }),
  deleteOutboundEndpoint: { given: async (app) => ({ params: { id: await anEndpointToRemove(app) } }) },
  rotateOutboundSecret: on(),
  testOutboundEndpoint: on(),
  replayOutboundEndpoint: on({ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }),
  listOutboundMessages: {},
  getOutboundMessage: message,
  resendOutboundMessage: message,
};
