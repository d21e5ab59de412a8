import { createHmac } from "node:crypto";
import type { World, WebhookStyle } from "../../core/company.ts";
import { deleteObject, getObject, insertObject, listObjects, newId, paging, saveObject } from "../books.ts";
import { invalid, notBuilt } from "../protocol/errors.ts";
import {
  endpoints,
  eventBody,
  EVENT_TYPES,
  forgetEndpoints,
  listeners,
  markDelivered,
  type Endpoint,
} from "./events.ts";
import { activeSecrets, addSecret, checkUrl, dropSecrets } from "./secrets.ts";
import { thinBody } from "./thin.ts";
import { settingsOf } from "../settings.ts";
import { operation } from "../protocol/operation.ts";
import { bool, list, mergeMetadata, metadata, required, text, unsettable } from "../protocol/params.ts";
import { API_VERSION } from "../protocol/version.ts";

const MAX_ENDPOINTS = 16;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export function createEndpoint(
  world: World,
  input: {
    url: string;
    enabled_events: string[];
    description?: string | null;
    metadata?: Record<string, string>;
  },
): Endpoint {
  if (endpoints(world).length >= MAX_ENDPOINTS) {
    throw invalid(`You have reached the maximum of ${MAX_ENDPOINTS} test webhook endpoints.`);
  }
  const id = newId(world, "webhook_endpoint");
  const endpoint: Endpoint = {
    id,
    object: "webhook_endpoint",
    api_version: null,
    application: null,
    created: world.clock.seconds(),
    description: input.description ?? null,
    enabled_events: input.enabled_events,
    livemode: false,
    metadata: mergeMetadata({}, input.metadata),
    status: "enabled",
    url: input.url,
  };
  insertObject(world, endpoint);
  const secret = addSecret(world, id);
  forgetEndpoints(world);
  return { ...endpoint, secret };
}

/** `Stripe-Signature`: one `v1` per active secret over `t.body`. */
export function signatureHeader(secrets: readonly string[], body: Buffer | string, signedAt: number): string {
  const parts = secrets.map(
    (secret) => `v1=${createHmac("sha256", secret).update(`${signedAt}.`).update(body).digest("hex")}`,
  );
  return [`t=${signedAt}`, ...parts].join(",");
}

/** When each endpoint last answered well. */
function lastOk(world: World): Map<string, number> {
  let found = world.memory.get("stripe:last_ok") as Map<string, number> | undefined;
  if (found === undefined) world.memory.set("stripe:last_ok", (found = new Map()));
  return found;
}

/** An event was given up on, after three days, in which nothing else got through either. */
function disableFailing(world: World, endpointId: string): void {
  const since = world.clock.now() - 72 * HOUR;
  if (!settingsOf(world).disable_failing_endpoints || (lastOk(world).get(endpointId) ?? 0) > since) return;
  const endpoint = endpoints(world).find((each) => each.id === endpointId);
  if (endpoint === undefined) return;
  saveObject<Endpoint>(world, { ...endpoint, status: "disabled" });
  forgetEndpoints(world);
}

export const webhookStyle: WebhookStyle = {
  timeoutMs: 10 * SECOND,
  // Three days in all; the first tries come fast, so that a server that was killed catches up soon.
  retryAfterMs: [
    1 * SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    60 * SECOND,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    1 * HOUR,
    2 * HOUR,
    4 * HOUR,
    ...Array.from({ length: 8 }, () => 8 * HOUR),
  ],
  signatureHeaders: ["stripe-signature"],
  request(world, { eventId, endpointId, signedAt }) {
    const endpoint = listeners(world).find((each) => each.id === endpointId);
    const text = endpoint?.event_payload === "thin" ? thinBody(world, eventId) : eventBody(world, eventId);
    if (endpoint === undefined || text === null) return null;
    const body = Buffer.from(text);
    return {
      url: endpoint.url,
      headers: {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        accept: "*/*; q=0.5, application/xml",
        "cache-control": "no-cache",
        "stripe-signature": signatureHeader(activeSecrets(world, endpointId), body, signedAt),
      },
      body,
    };
  },
  settled(world, { eventId, endpointId, delivered }) {
    if (delivered) {
      markDelivered(world, eventId);
      lastOk(world).set(endpointId, world.clock.now());
    } else disableFailing(world, endpointId);
  },
};

function checkEvents(types: string[]): void {
  for (const [at, type] of types.entries()) {
    if (type !== "*" && !/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(type)) {
      throw invalid(
        `Invalid enabled_events[${at}]: must be one of *, ${EVENT_TYPES.slice(0, 6).join(", ")}, …`,
        `enabled_events[${at}]`,
      );
    }
  }
  if (types.length === 0) throw invalid("Invalid array", "enabled_events", "parameter_invalid_empty");
}

const kind = "webhook_endpoint";
const shared = { description: unsettable(text()), metadata: metadata() };

export const endpointOperations = [
  operation(
    "POST",
    "/v1/webhook_endpoints",
    {
      ...shared,
      api_version: text(),
      enabled_events: required(list(text(), 300)),
      url: required(text(5000)),
    },
    ({ world, params }) => {
      const { api_version, metadata: notes, description, ...rest } = params;
      if (api_version !== undefined && api_version !== API_VERSION)
        throw notBuilt(`API version ${api_version}`);
      checkEvents(rest.enabled_events);
      checkUrl(rest.url, "url");
      const made = createEndpoint(world, {
        ...rest,
        ...(notes === undefined ? {} : { metadata: notes }),
        ...(description === undefined ? {} : { description }),
      });
      return api_version === undefined ? made : { ...made, api_version };
    },
  ),
  operation("GET", "/v1/webhook_endpoints/{id}", {}, ({ world, id }) => getObject<Endpoint>(world, kind, id)),
  operation(
    "POST",
    "/v1/webhook_endpoints/{id}",
    { ...shared, disabled: bool(), enabled_events: list(text(), 300), url: text(5000) },
    ({ world, id, params }) => {
      const old = getObject<Endpoint>(world, kind, id);
      const { disabled, metadata: change, ...rest } = params;
      if (rest.enabled_events !== undefined) checkEvents(rest.enabled_events);
      if (rest.url !== undefined) checkUrl(rest.url, "url");
      const status = disabled === undefined ? old.status : disabled ? "disabled" : "enabled";
      forgetEndpoints(world);
      return saveObject<Endpoint>(world, {
        ...old,
        ...rest,
        status,
        metadata: mergeMetadata(old.metadata, change),
      });
    },
  ),
  operation("DELETE", "/v1/webhook_endpoints/{id}", {}, ({ world, id }) => {
    getObject<Endpoint>(world, kind, id);
    deleteObject(world, id);
    dropSecrets(world, id);
    forgetEndpoints(world);
    return { id, object: kind, deleted: true };
  }),
  operation("GET", "/v1/webhook_endpoints", paging, ({ world, params }) =>
    listObjects<Endpoint>(world, kind, "/v1/webhook_endpoints", params),
  ),
];

/**
 * The endpoint at `{webhookBase}/stripe` that every world has from the start, with its signing secret; it follows
 * the world's webhook base. Null while nobody listens.
 */
export function ownEndpoint(world: World): { endpoint: Endpoint; secret: string } | null {
  if (world.webhookBase === null) return null;
  const url = `${world.webhookBase.replace(/\/$/, "")}/stripe`;
  const row = world.store.get("select value from stripe_facts where name = 'own_endpoint'");
  const known = endpoints(world).find((each) => each.id === row?.["value"]);
  if (known === undefined) {
    const made = createEndpoint(world, { url, enabled_events: ["*"], description: "Made with the world" });
    world.store.run("insert or replace into stripe_facts (name, value) values ('own_endpoint', ?)", made.id);
    return { endpoint: made, secret: made.secret ?? "" };
  }
  if (known.url !== url) {
    saveObject<Endpoint>(world, { ...known, url });
    forgetEndpoints(world);
  }
  return { endpoint: known, secret: activeSecrets(world, known.id)[0] ?? "" };
}
