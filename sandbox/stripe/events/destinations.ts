/** Event destinations (`/v2/core`): endpoints for thin events, which name an object and carry none of it. */
import { allObjects, deleteObject, getObject, insertObject, newId, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { invalid } from "../protocol/errors.ts";
import { operation } from "../protocol/operation.ts";
import {
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
} from "../protocol/params.ts";
import { API_VERSION } from "../protocol/version.ts";
import { forgetEndpoints, type Destination } from "./events.ts";
import { addSecret, activeSecrets, checkUrl, dropSecrets } from "./secrets.ts";

const KIND = "event_destination";
const PATH = "/v2/core/event_destinations";
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const get = (world: World, id: string): Destination => getObject<Destination>(world, KIND, id);

function present(
  world: World,
  { id, url, created, updated, ...rest }: Destination,
  withSecret: boolean,
): unknown {
  const [secret] = withSecret ? activeSecrets(world, id) : [];
  return {
    ...rest,
    id,
    object: "v2.core.event_destination",
    created: iso(created),
    updated: iso(updated),
    events_from: ["self"],
    livemode: false,
    ...(rest.event_payload === "snapshot" ? { snapshot_api_version: API_VERSION } : {}),
    status_details: null,
    type: "webhook_endpoint",
    webhook_endpoint: { url, ...(secret === undefined ? {} : { signing_secret: secret }) },
  };
}

const shared = {
  description: text(),
  include: list(oneOf("webhook_endpoint.signing_secret", "webhook_endpoint.url"), 2),
  metadata: metadata(),
};
const wantsSecret = (include: string[] | undefined): boolean =>
  include?.includes("webhook_endpoint.signing_secret") === true;

function setStatus(world: World, id: string, status: Destination["status"]): unknown {
  forgetEndpoints(world);
  return present(world, saveObject(world, { ...get(world, id), status }), false);
}

export const destinationOperations = [
  operation(
    "POST",
    PATH,
    {
      ...shared,
      enabled_events: required(list(text(), 300)),
      event_payload: required(oneOf("snapshot", "thin")),
      name: required(text(200)),
      type: required(oneOfBuilt(["webhook_endpoint"], ["amazon_eventbridge", "azure_event_grid"])),
      webhook_endpoint: required(object({ url: required(text(5000)) })),
    },
    ({ world, params }) => {
      checkUrl(params.webhook_endpoint.url, "webhook_endpoint.url");
      const thin = params.event_payload === "thin";
      const wrong = params.enabled_events.find((type) => type !== "*" && type.startsWith("v1.") !== thin);
      if (wrong !== undefined) {
        throw invalid(
          `Events of type ${wrong} cannot be sent with a ${params.event_payload} payload.`,
          "enabled_events",
        );
      }
      const now = world.clock.seconds();
      const made = insertObject<Destination>(world, {
        id: newId(world, "event_destination"),
        object: KIND,
        created: now,
        updated: now,
        description: params.description ?? "",
        enabled_events: params.enabled_events,
        event_payload: params.event_payload,
        metadata: mergeMetadata({}, params.metadata),
        name: params.name,
        status: "enabled",
        url: params.webhook_endpoint.url,
      });
      addSecret(world, made.id);
      forgetEndpoints(world);
      return present(world, made, wantsSecret(params.include));
    },
  ),
  operation("GET", PATH, {}, ({ world }) => ({
    data: allObjects<Destination>(world, KIND).map((each) => present(world, each, false)),
    next_page_url: null,
    previous_page_url: null,
  })),
  operation("GET", `${PATH}/{id}`, { include: shared.include }, ({ world, id, params }) =>
    present(world, get(world, id), wantsSecret(params.include)),
  ),
  operation("POST", `${PATH}/{id}/disable`, {}, ({ world, id }) => setStatus(world, id, "disabled")),
  operation("POST", `${PATH}/{id}/enable`, {}, ({ world, id }) => setStatus(world, id, "enabled")),
  operation("DELETE", `${PATH}/{id}`, {}, ({ world, id }) => {
    get(world, id);
    deleteObject(world, id);
    dropSecrets(world, id);
    forgetEndpoints(world);
    return { id, object: "v2.core.event_destination" };
  }),
];
