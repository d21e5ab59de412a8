import { ANTHROPIC_VERSION, type Actor, type Call, type Http } from "../../../platform/http/index.ts";
import { aliasParams, modelAnswer, modelParams, modelsAnswer, modelsQuery } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { catalogueFor } from "./catalogue-for.ts";
import { modelForAnthropic, pageForAnthropic } from "./for-anthropic.ts";
import { getModel, listModels } from "./listing.ts";

/** What can be called, in Anthropic's shape for its clients and in OpenAI's for all others, under one base URL. */
export function modelRoutes(http: Http, gateway: Gateway, base: string, suffix: string): void {
  const shared = {
    tag: "Models",
    method: "GET",
    access: { least: "agent", permission: "gateway.use" },
    envelope: "client",
  } as const;
  const one = async (actor: Actor, id: string, request: Call["request"]) => {
    const model = getModel(await catalogueFor(gateway, actor), id, actor.bounds?.allowedModels);
    return isAnthropics(request) ? modelForAnthropic(model) : model;
  };
  http.operation({
    ...shared,
    path: `${base}/models`,
    id: `listModels${suffix}`,
    summary: "Models that can be called, with price and window",
    query: modelsQuery,
    answer: { status: 200, schema: modelsAnswer },
    handle: async ({ actor, query, request }) => {
      const page = listModels(await catalogueFor(gateway, actor), actor.bounds?.allowedModels, query);
      return isAnthropics(request) ? pageForAnthropic(page) : { object: "list" as const, data: page.data };
    },
  });
  http.operation({
    ...shared,
    path: `${base}/models/:author/:slug`,
    id: `getModel${suffix}`,
    summary: "One model",
    params: modelParams,
    answer: { status: 200, schema: modelAnswer },
    handle: ({ actor, params: { author, slug }, request }) => one(actor, `${author}/${slug}`, request),
  });
  http.operation({
    ...shared,
    path: `${base}/models/:id`,
    id: `getModelById${suffix}`,
    summary: "One model, by an id whose slash is encoded, as SDKs send it, or that has none",
    params: aliasParams,
    answer: { status: 200, schema: modelAnswer },
    handle: ({ actor, params: { id }, request }) => one(actor, id, request),
  });
}

const isAnthropics = ({ headers }: Call["request"]): boolean => headers[ANTHROPIC_VERSION] !== undefined;
