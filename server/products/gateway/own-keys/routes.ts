import { z } from "zod";
import { idParam, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { addOwnKey, changeOwnKey, readOwnKeys, removeOwnKey } from "./set.ts";
import { beginConnect, finishConnect } from "./connect.ts";
import {
  addInput,
  changeInput,
  connectAnswer,
  connectedInput,
  keyAnswer as answer,
  keyList as list,
  present,
} from "./schemas.ts";

const params = z.object({ id: idParam("pvk") });

/** Keys of the organization's own at providers: calls by them cost no credits. */
export function ownKeyRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Models", access: { least: "admin", permission: "settings.manage" } } as const;
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/llm/provider-keys",
    id: "listProviderKeys",
    summary: "The organization's own keys at providers, by their last four characters",
    answer: { status: 200, schema: list },
    handle: async ({ actor }) => ({ data: (await readOwnKeys(gateway, actor.orgId)).map(present) }),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/llm/provider-keys",
    id: "addProviderKey",
    summary: "Keep a key at a provider, which is asked whether it is good",
    idempotent: true,
    limit: { name: "provider_keys", perMinute: 20 },
    body: addInput,
    answer: { status: 201, schema: answer },
    handle: async ({ actor, body, operationId }) =>
      present(await addOwnKey(gateway, actor, `pvk_${operationId.slice(4)}`, body)),
  });
  http.operation({
    ...shared,
    method: "PUT",
    path: "/api/llm/provider-keys/:id",
    id: "changeProviderKey",
    summary: "Change how a key is used, or the key; a failing one works again",
    limit: { name: "provider_keys", perMinute: 20 },
    params,
    body: changeInput,
    answer: { status: 200, schema: answer },
    handle: async ({ actor, params: { id }, body }) => present(await changeOwnKey(gateway, actor, id, body)),
  });
  http.operation({
    ...shared,
    method: "DELETE",
    path: "/api/llm/provider-keys/:id",
    id: "removeProviderKey",
    summary: "Forget a key; calls go by the installation's from then on",
    params,
    answer: { status: 204, schema: null },
    handle: ({ actor, params: { id } }) => removeOwnKey(gateway, actor, id),
  });
}

const CONNECT = "/api/llm/provider-keys/connect/openrouter";

/** A key from OpenRouter by browser instead of by hand. */
export function connectRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Models", access: { least: "admin", permission: "settings.manage" } } as const;
  http.operation({
    ...shared,
    method: "POST",
    path: CONNECT,
    id: "connectProviderKey",
    summary: "Where a person gives the organization a key at OpenRouter; good once, for ten minutes",
    limit: { name: "provider_key_connects", perMinute: 20 },
    answer: { status: 200, schema: connectAnswer },
    handle: ({ actor }) => beginConnect(gateway, actor),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: `${CONNECT}/finish`,
    id: "finishProviderKey",
    summary: "Keep the key that a person came back with; it replaces the one there is",
    idempotent: true,
    limit: { name: "provider_key_connects", perMinute: 20 },
    body: connectedInput,
    answer: { status: 200, schema: answer },
    handle: async ({ actor, body, operationId }) =>
      present(await finishConnect(gateway, actor, `pvk_${operationId.slice(4)}`, body)),
  });
}
