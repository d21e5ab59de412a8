import { z } from "zod";
import type { World } from "../../core/company.ts";
import { link } from "../books.ts";
import { PayPalError } from "../errors.ts";
import { operation } from "../operation.ts";
import { patchInput, readBody, type Patch } from "../read.ts";
import { EVENT_TYPES, isEventType } from "./event-types.ts";
import { allHooks, deleteHook, getHook, insertHook, updateHook, type Hook } from "./hooks.ts";

const url = z.url({ protocol: /^https?$/ }).max(2048);
const types = z
  .array(z.object({ name: z.string().regex(/^(?:\*|[A-Z0-9._-]{3,100})$/) }))
  .min(1)
  .max(500);
const hookInput = z.object({ url, event_types: types });

const typeShown = (name: string): Record<string, unknown> => ({
  name,
  description: name === "*" ? "ALL" : isEventType(name) ? EVENT_TYPES[name] : "",
  status: "ENABLED",
  ...(isEventType(name) ? { resource_versions: [versionOf(name)] } : {}),
});
const versionOf = (name: string): string =>
  /^(CHECKOUT|PAYMENT\.(AUTHORIZATION|CAPTURE|REFUND)|BILLING\.(SUBSCRIPTION|PLAN))/.test(name)
    ? "2.0"
    : "1.0";

const present = (world: World, { id, url: to, types: names }: Hook): Record<string, unknown> => {
  const path = `/v1/notifications/webhooks/${id}`;
  return {
    id,
    url: to,
    event_types: names.map(typeShown),
    links: [
      link(world, path, "self"),
      link(world, path, "update", "PATCH"),
      link(world, path, "delete", "DELETE"),
    ],
  };
};

function patchHook(world: World, hook: Hook, patch: Patch): Hook {
  const changed = { ...hook };
  for (const { op, path, value } of patch) {
    const given = Buffer.from(JSON.stringify(value ?? null));
    if (op === "replace" && path === "/url") changed.url = readBody(url, given);
    else if (op === "replace" && path === "/event_types")
      changed.types = readBody(types, given).map(({ name }) => name);
    else
      throw new PayPalError(400, "VALIDATION_ERROR", {
        details: [{ issue: "INVALID_PATCH", description: "Only url and event_types can be replaced." }],
      });
  }
  if (changed.url === hook.url && changed.types.join() === hook.types.join())
    throw new PayPalError(400, "WEBHOOK_PATCH_REQUEST_NO_CHANGE");
  if (allHooks(world).some((each) => each.id !== hook.id && each.url === changed.url))
    throw new PayPalError(400, "WEBHOOK_URL_ALREADY_EXISTS");
  updateHook(world, changed);
  return changed;
}

const hooks = "/v1/notifications/webhooks";

export const webhookOperations = [
  operation("POST", hooks, hookInput, ({ world, body }) => {
    const names = body.event_types.map(({ name }) => name);
    return { status: 201, body: present(world, insertHook(world, body.url, names)) };
  }),
  operation("GET", hooks, null, ({ world }) => ({
    status: 200,
    body: { webhooks: allHooks(world).map((hook) => present(world, hook)) },
  })),
  operation("GET", `${hooks}/{id}`, null, ({ world, id }) => ({
    status: 200,
    body: present(world, getHook(world, id)),
  })),
  operation("PATCH", `${hooks}/{id}`, patchInput, ({ world, id, body }) => ({
    status: 200,
    body: present(world, patchHook(world, getHook(world, id), body)),
  })),
  operation("DELETE", `${hooks}/{id}`, null, ({ world, id }) => {
    deleteHook(world, id);
    return { status: 204 };
  }),
  operation("GET", `${hooks}/{id}/event-types`, null, ({ world, id }) => ({
    status: 200,
    body: { event_types: getHook(world, id).types.map(typeShown) },
  })),
  operation("GET", "/v1/notifications/webhooks-event-types", null, () => ({
    status: 200,
    body: { event_types: Object.keys(EVENT_TYPES).map(typeShown) },
  })),
];
