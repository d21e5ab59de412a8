import { openCursor, type Http } from "../../../platform/http/index.ts";
import { byOf } from "./actor.ts";
import { changeEndpoint, removeEndpoint, rotateSecret } from "./endpoints/change-endpoint.ts";
import { createEndpoint } from "./endpoints/create-endpoint.ts";
import { readAllEndpoints, readEndpoints, readMessage, readMessages } from "./read.ts";
import type { Relay } from "./relay.ts";
import { replayMessages, resendMessage, testEndpoint } from "./messages/resend.ts";
import * as schemas from "./schemas.ts";

const TAG = "Relay";
const access = { least: "admin", permission: "settings.manage" } as const;

/** Events out: endpoints, their secrets, and what they were sent. */
export function relayRoutes(http: Http, relay: Relay): void {
  readRoutes(http, relay);
  endpointRoutes(http, relay);
  sendRoutes(http, relay);
  messageRoutes(http, relay);
}

function readRoutes(http: Http, { deps: { db } }: Relay): void {
  http.operation({
    method: "GET",
    path: "/api/outbound/event-types",
    id: "listOutboundEventTypes",
    tag: TAG,
    summary: "What can be told",
    access: { least: "viewer", permission: "settings.view" },
    answer: { status: 200, schema: schemas.eventTypesAnswer },
    handle: async () => schemas.presentEventTypes(),
  });
  http.operation({
    method: "GET",
    path: "/api/outbound/endpoints",
    id: "listOutboundEndpoints",
    tag: TAG,
    summary: "Where this organization is told",
    access,
    answer: { status: 200, schema: schemas.endpointsAnswer },
    handle: async ({ actor }) => ({
      data: (await readEndpoints(db, byOf(actor))).map(schemas.presentEndpoint),
    }),
  });
  http.operation({
    method: "GET",
    path: "/api/admin/outbound/endpoints",
    id: "listAllOutboundEndpoints",
    tag: "Operator",
    summary: "Endpoints of every organization, newest first",
    access: { least: "operator" },
    query: schemas.allEndpointsInput,
    answer: { status: 200, schema: schemas.allEndpointsAnswer },
    async handle({ query: { cursor = null, limit } }) {
      return schemas.presentAllEndpoints(await readAllEndpoints(db, cursor, limit), limit);
    },
  });
}

function endpointRoutes(http: Http, { deps }: Relay): void {
  const of = { tag: TAG, access } as const;
  http.operation({
    ...of,
    method: "POST",
    path: "/api/outbound/endpoints",
    id: "createOutboundEndpoint",
    summary: "Be told at this address; answers the signing secret once",
    idempotent: true,
    body: schemas.endpointInput,
    answer: { status: 201, schema: schemas.newEndpointAnswer },
    handle: async ({ actor, body }) =>
      schemas.presentNewEndpoint(await createEndpoint(deps, byOf(actor), body)),
  });
  http.operation({
    ...of,
    method: "PATCH",
    path: "/api/outbound/endpoints/:id",
    id: "changeOutboundEndpoint",
    summary: "Change address, types or order, turn it off or on",
    params: schemas.endpointParams,
    body: schemas.endpointChange,
    answer: { status: 200, schema: schemas.endpointAnswer },
    handle: async ({ actor, params, body }) =>
      schemas.presentEndpoint(await changeEndpoint(deps, byOf(actor), params.id, body)),
  });
  http.operation({
    ...of,
    method: "DELETE",
    path: "/api/outbound/endpoints/:id",
    id: "deleteOutboundEndpoint",
    summary: "Be told there no more",
    params: schemas.endpointParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => removeEndpoint(deps, byOf(actor), params.id),
  });
  http.operation({
    ...of,
    method: "POST",
    path: "/api/outbound/endpoints/:id/rotate-secret",
    id: "rotateOutboundSecret",
    summary: "A new signing secret, answered once; the one before it signs too for 24 hours",
    proof: true,
    idempotent: true,
    params: schemas.endpointParams,
    answer: { status: 200, schema: schemas.newEndpointAnswer },
    handle: async ({ actor, params }) =>
      schemas.presentNewEndpoint(await rotateSecret(deps, byOf(actor), params.id)),
  });
}

function sendRoutes(http: Http, relay: Relay): void {
  const on = { tag: TAG, access, method: "POST", idempotent: true } as const;
  http.operation({
    ...on,
    path: "/api/outbound/endpoints/:id/test",
    id: "testOutboundEndpoint",
    summary: "Send a message of no consequence",
    params: schemas.endpointParams,
    answer: { status: 202, schema: null },
    handle: ({ actor, params }) => testEndpoint(relay, byOf(actor), params.id),
  });
  http.operation({
    ...on,
    path: "/api/outbound/endpoints/:id/replay",
    id: "replayOutboundEndpoint",
    summary: "Send what it was told in a time once more",
    params: schemas.endpointParams,
    body: schemas.replayInput,
    answer: { status: 202, schema: schemas.replayAnswer },
    async handle({ actor, params, body: { only_failed: onlyFailed, ...range } }) {
      return { messages: await replayMessages(relay, byOf(actor), params.id, { ...range, onlyFailed }) };
    },
  });
  http.operation({
    ...on,
    path: "/api/outbound/messages/:id/resend",
    id: "resendOutboundMessage",
    summary: "Send one message once more",
    params: schemas.messageParams,
    answer: { status: 202, schema: null },
    handle: ({ actor, params }) => resendMessage(relay, byOf(actor), params.id),
  });
}

function messageRoutes(http: Http, { deps: { db } }: Relay): void {
  http.operation({
    method: "GET",
    path: "/api/outbound/messages",
    id: "listOutboundMessages",
    tag: TAG,
    summary: "What was sent or waits, newest first",
    access,
    query: schemas.messagesInput,
    answer: { status: 200, schema: schemas.messagesAnswer },
    async handle({ actor, query }) {
      const { endpoint_id: endpointId = null, state = null, type = null, limit } = query;
      const page = { limit, after: openCursor(query.cursor) };
      const rows = await readMessages(db, byOf(actor), { endpointId, state, type }, page);
      return schemas.presentMessages(rows, limit);
    },
  });
  http.operation({
    method: "GET",
    path: "/api/outbound/messages/:id",
    id: "getOutboundMessage",
    tag: TAG,
    summary: "One message with its body, attempts and what was answered",
    access,
    params: schemas.messageParams,
    answer: { status: 200, schema: schemas.messageAnswer },
    handle: async ({ actor, params }) =>
      schemas.presentMessageDetail(await readMessage(db, byOf(actor), params.id)),
  });
}
