import { createRoute } from "@tanstack/react-router";
import { RelayEndpointDrawer } from "../products/relay/endpoint-drawer.tsx";
import { MESSAGE_STATES } from "../products/relay/endpoint-state.tsx";
import { MessageDrawer } from "../products/relay/message-drawer.tsx";
import { RelayScreen, type RelaySearch } from "../products/relay/relay-screen.tsx";
import { app, type Search, texts } from "./roots.ts";

const relay = createRoute({
  getParentRoute: () => app,
  path: "/relay",
  component: RelayScreen,
  validateSearch: (search: Search): RelaySearch => {
    const state = MESSAGE_STATES.find(({ value }) => value === search["state"])?.value;
    return { ...texts("type", "endpoint")(search), ...(state && { state }) };
  },
});
const endpoint = createRoute({
  getParentRoute: () => relay,
  path: "endpoints/$endpointId",
  component: RelayEndpointDrawer,
});
const message = createRoute({
  getParentRoute: () => relay,
  path: "messages/$messageId",
  component: MessageDrawer,
});

export const relayRoutes = relay.addChildren([endpoint, message]);
