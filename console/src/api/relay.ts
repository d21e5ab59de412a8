import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import { idempotent, read } from "./http.ts";
import { given, type Listing } from "./operations.ts";
import { byItself } from "./presence.ts";
import { every5s, PAGE, pages } from "./queries.ts";
import type { NewOutboundEndpointInput, OutboundEndpointChange, OutboundMessage } from "./types.ts";

export type MessageFilter = {
  endpoint_id?: string | undefined;
  state?: OutboundMessage["state"] | undefined;
  type?: string | undefined;
};

/** Operations about events out. */
export const relay = {
  eventTypes: () => read(sdk.listOutboundEventTypes()),
  endpoints: () => read(sdk.listOutboundEndpoints(byItself())),
  createEndpoint: (body: NewOutboundEndpointInput, key: string) =>
    read(sdk.createOutboundEndpoint({ body, ...idempotent(key) })),
  changeEndpoint: (id: string, body: OutboundEndpointChange) =>
    read(sdk.changeOutboundEndpoint({ path: { id }, body })),
  removeEndpoint: (id: string) => read(sdk.deleteOutboundEndpoint({ path: { id } })),
  rotateSecret: (id: string, key: string) =>
    read(sdk.rotateOutboundSecret({ path: { id }, ...idempotent(key) })),
  test: (id: string, key: string) => read(sdk.testOutboundEndpoint({ path: { id }, ...idempotent(key) })),
  replay: (id: string, body: { from: string; to: string; only_failed: boolean }, key: string) =>
    read(sdk.replayOutboundEndpoint({ path: { id }, body, ...idempotent(key) })),
  messages: (query: Listing & MessageFilter) =>
    read(sdk.listOutboundMessages({ query: given(query), ...byItself() })),
  message: (id: string) => read(sdk.getOutboundMessage({ path: { id }, ...byItself() })),
  resend: (id: string, key: string) => read(sdk.resendOutboundMessage({ path: { id }, ...idempotent(key) })),
};

/** Deliveries are told by no stream: what waits is asked for again while somebody looks. */
export const relayQueries = {
  eventTypes: () =>
    queryOptions({ queryKey: ["relay", "types"], queryFn: relay.eventTypes, staleTime: Infinity }),
  endpoints: () =>
    queryOptions({ queryKey: ["relay", "endpoints"], queryFn: relay.endpoints, refetchInterval: 15_000 }),
  message: (id: string) =>
    queryOptions({ queryKey: ["relay", "message", id], queryFn: () => relay.message(id), ...every5s }),
  messages: (filter: MessageFilter) => ({
    ...pages(["relay", "messages", filter], (cursor) => relay.messages({ limit: PAGE, cursor, ...filter })),
    ...every5s,
  }),
};
