import type { Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readProviders } from "./read.ts";
import { addInput, changeInput, providerAnswer, providerParams, providersAnswer } from "./schemas.ts";
import { addProvider, changeProvider } from "./set.ts";

/** Operators set up who serves models, and see how each does. */
export function providerRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Operator", access: { least: "operator" } } as const;
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/admin/llm/providers",
    id: "listAdminProviders",
    summary: "Providers of models with their settings, health and open breakers",
    answer: { status: 200, schema: providersAnswer },
    handle: async () => ({ data: await readProviders(gateway) }),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/admin/llm/providers",
    id: "addProvider",
    summary: "Add a provider; it serves once it has prices",
    idempotent: true,
    proof: true,
    body: addInput,
    answer: { status: 201, schema: providerAnswer },
    handle: ({ actor, body: { id, ...input } }) => addProvider(gateway, actor, id, input),
  });
  http.operation({
    ...shared,
    method: "PUT",
    path: "/api/admin/llm/providers/:id",
    id: "changeProvider",
    summary: "Set a provider up anew; what is left out goes back to its default, but for the secret",
    proof: true,
    params: providerParams,
    body: changeInput,
    answer: { status: 200, schema: providerAnswer },
    handle: ({ actor, params, body }) => changeProvider(gateway, actor, params.id, body),
  });
}
