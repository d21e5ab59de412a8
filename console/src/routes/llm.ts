import { createRoute } from "@tanstack/react-router";
import { RoutingScreen } from "../products/gateway/routing-screen.tsx";
import { DefaultRoutingScreen } from "../products/llm-admin/default-routing-screen.tsx";
import { HoldsScreen } from "../products/llm-admin/holds-screen.tsx";
import { PricesScreen } from "../products/llm-admin/prices-screen.tsx";
import { ProvidersScreen } from "../products/llm-admin/providers-screen.tsx";
import { MemoryScreen } from "../products/memory/memory-screen.tsx";
import { ProviderKeysScreen } from "../products/provider-keys/provider-keys-screen.tsx";
import { app, texts } from "./roots.ts";

const providerKeys = createRoute({
  getParentRoute: () => app,
  path: "/provider-keys",
  component: ProviderKeysScreen,
  validateSearch: texts("state", "code"),
});
const memory = createRoute({ getParentRoute: () => app, path: "/memory", component: MemoryScreen });
const routing = createRoute({ getParentRoute: () => app, path: "/routing", component: RoutingScreen });
const defaultRouting = createRoute({
  getParentRoute: () => app,
  path: "/default-routing",
  component: DefaultRoutingScreen,
});
const providers = createRoute({ getParentRoute: () => app, path: "/providers", component: ProvidersScreen });
const prices = createRoute({ getParentRoute: () => app, path: "/prices", component: PricesScreen });
const holds = createRoute({ getParentRoute: () => app, path: "/open-holds", component: HoldsScreen });

/** Who serves model calls: for operators, and an organization's own wishes. */
export const llmRoutes = [memory, routing, providerKeys, defaultRouting, providers, prices, holds] as const;
