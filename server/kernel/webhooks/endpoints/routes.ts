import { personIn, type Http } from "../../../platform/http/index.ts";
import type { Inbox } from "../inbox.ts";
import { urlOf, type EndpointView } from "./endpoint.ts";
import * as schemas from "./schemas.ts";

const OPERATOR = { tag: "Inbox", access: { least: "operator" } } as const;
const BASE = "/api/admin/webhook-endpoints";

/** Endpoints and their secrets, for operators. */
export function endpointRoutes(http: Http, inbox: Inbox): void {
  const present = (row: EndpointView) => ({ ...row, url: urlOf(inbox.deps.baseUrl, row) });
  http.operation({
    ...OPERATOR,
    method: "GET",
    path: BASE,
    id: "listWebhookEndpoints",
    summary: "Where companies send their events",
    answer: { status: 200, schema: schemas.endpoints },
    handle: async () => ({ data: (await inbox.endpoints()).map(present) }),
  });
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: BASE,
    id: "createWebhookEndpoint",
    summary: "Adds an endpoint of an account, at the company too when asked",
    idempotent: true,
    body: schemas.endpointInput,
    answer: { status: 201, schema: schemas.endpoint },
    async handle({ actor, body, operationId }) {
      const input = {
        source: body.source,
        accountId: body.account_id,
        providerWebhookId: body.provider_webhook_id,
        enabled: body.enabled,
        maxAttempts: body.max_attempts,
        capPerMinute: body.cap_per_minute,
        createRemote: body.create_remote,
      };
      return present(await inbox.createEndpoint(input, { actorId: personIn(actor), operationId }));
    },
  });
  http.operation({
    ...OPERATOR,
    method: "PATCH",
    path: `${BASE}/:id`,
    id: "changeWebhookEndpoint",
    summary: "Switches an endpoint on or off, or sets its attempts, its cap, its id at the company",
    params: schemas.endpointParams,
    body: schemas.endpointChange,
    answer: { status: 200, schema: schemas.endpoint },
    async handle({ actor, params, body }) {
      const change = {
        enabled: body.enabled,
        maxAttempts: body.max_attempts,
        capPerMinute: body.cap_per_minute,
        providerWebhookId: body.provider_webhook_id,
      };
      return present(await inbox.changeEndpoint(params.id, change, personIn(actor)));
    },
  });
  http.operation({
    ...OPERATOR,
    method: "DELETE",
    path: `${BASE}/:id`,
    id: "removeWebhookEndpoint",
    summary:
      "Removes an endpoint and its secrets, at the company too when it was made from here; its events stay",
    params: schemas.endpointParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => inbox.removeEndpoint(params.id, personIn(actor)),
  });
  secretRoutes(http, inbox);
}

function secretRoutes(http: Http, inbox: Inbox): void {
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: `${BASE}/:id/secrets`,
    id: "addWebhookSecret",
    summary: "Adds a secret that signs the endpoint's events; of five, any may",
    proof: true,
    idempotent: true,
    params: schemas.endpointParams,
    body: schemas.secretInput,
    answer: { status: 201, schema: schemas.secret },
    async handle({ actor, params, body }) {
      const input = {
        secret: body.secret,
        startsAt: body.starts_at,
        endsAt: body.ends_at,
        othersEndAt: body.others_end_at,
      };
      return inbox.addSecret(params.id, input, personIn(actor));
    },
  });
  http.operation({
    ...OPERATOR,
    method: "DELETE",
    path: `${BASE}/:id/secrets/:secret_id`,
    id: "removeWebhookSecret",
    summary: "Removes a secret at once",
    proof: true,
    params: schemas.secretParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => inbox.removeSecret(params.id, params.secret_id, personIn(actor)),
  });
}
