import { z } from "zod";
import { idParam, instant, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../state.ts";
import { addOwnKey, changeOwnKey, readOwnKeys, removeOwnKey } from "./set.ts";
import type { OwnKey } from "./own-key.ts";

const secret = z
  .string()
  .min(8)
  .max(500)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII");
const wish = {
  use: z.enum(["prefer", "only"]).default("prefer").meta({
    description: "only: where this provider serves the model, no other is asked by the installation's keys",
  }),
  fallback_to_platform: z
    .boolean()
    .default(false)
    .meta({ description: "When this key cannot serve, the installation's may, for credits" }),
};
const addInput = z
  .strictObject({
    provider: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must name a provider"),
    secret,
    ...wish,
  })
  .meta({ id: "NewProviderKey" });
const changeInput = z
  .strictObject({ secret: secret.optional().meta({ description: "Left out: the one there is" }), ...wish })
  .meta({ id: "ProviderKeyChange" });
const answer = z
  .object({
    id: z.string(),
    provider: z.string(),
    secret_last4: z.string(),
    use: z.enum(["prefer", "only"]),
    fallback_to_platform: z.boolean(),
    state: z
      .enum(["ok", "failing"])
      .meta({ description: "failing: refused three times in a row; not asked by until it is changed" }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: "ProviderKey" });
const list = z.object({ data: z.array(answer) }).meta({ id: "ProviderKeyList" });
const params = z.object({ id: idParam("pvk") });

const present = ({ secret: _secret, refusals: _refusals, ...key }: OwnKey) => key;

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
