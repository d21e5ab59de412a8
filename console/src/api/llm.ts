import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import { idempotent, read } from "./http.ts";
import { given, type Listing } from "./operations.ts";
import { byItself } from "./presence.ts";
import { every5s, PAGE, pages } from "./queries.ts";
import type {
  NewProviderInput,
  NewProviderKeyInput,
  PolicyOfAllCalls,
  PolicyOfCalls,
  PriceImportInput,
  PriceTiersInput,
  ProviderChange,
  ProviderKeyChange,
} from "./types.ts";

/** A model's id holds a slash. */
const modelPath = (id: string): { author: string; slug: string } => {
  const at = id.indexOf("/");
  return { author: id.slice(0, at), slug: id.slice(at + 1) };
};

/** Operations about who serves model calls, at what price, and in which order. */
export const llm = {
  providers: () => read(sdk.listAdminProviders(byItself())),
  addProvider: (body: NewProviderInput, key: string) => read(sdk.addProvider({ body, ...idempotent(key) })),
  changeProvider: (id: string, body: ProviderChange) => read(sdk.changeProvider({ path: { id }, body })),
  prices: () => read(sdk.listPriceVersions()),
  refreshPrices: () => read(sdk.refreshPrices()),
  decidePrices: (version: string, approve: boolean) =>
    read(approve ? sdk.approvePrices({ path: { version } }) : sdk.rejectPrices({ path: { version } })),
  importPrices: (body: PriceImportInput, key: string) => read(sdk.importPrices({ body, ...idempotent(key) })),
  model: (id: string) => read(sdk.getAdminModel({ path: modelPath(id) })),
  setTiers: (id: string, body: PriceTiersInput) => read(sdk.setModelTiers({ path: modelPath(id), body })),
  openHolds: (query: Listing) => read(sdk.listOpenHolds({ query: given(query), ...byItself() })),
  reconcile: (id: string) => read(sdk.reconcileHold({ path: { id } })),
  policy: () => read(sdk.getLlmPolicy()),
  setPolicy: (body: PolicyOfCalls) => read(sdk.putLlmPolicy({ body })),
  policyOfAll: () => read(sdk.getInstallationLlmPolicy()),
  setPolicyOfAll: (body: PolicyOfAllCalls) => read(sdk.putInstallationLlmPolicy({ body })),
  served: () => read(sdk.listLlmProviders()),
  keys: () => read(sdk.listProviderKeys()),
  addKey: (body: NewProviderKeyInput, key: string) => read(sdk.addProviderKey({ body, ...idempotent(key) })),
  changeKey: (id: string, body: ProviderKeyChange) => read(sdk.changeProviderKey({ path: { id }, body })),
  connectKey: () => read(sdk.connectProviderKey()),
  finishKey: (body: { state: string; code: string }, key: string) =>
    read(sdk.finishProviderKey({ body, ...idempotent(key) })),
  removeKey: (id: string) => read(sdk.removeProviderKey({ path: { id } })),
};

export const llmQueries = {
  providers: () =>
    queryOptions({ queryKey: ["llm", "providers"], queryFn: llm.providers, refetchInterval: 10_000 }),
  prices: () => queryOptions({ queryKey: ["llm", "prices"], queryFn: llm.prices }),
  model: (id: string) => queryOptions({ queryKey: ["llm", "prices", id], queryFn: () => llm.model(id) }),
  policy: () => queryOptions({ queryKey: ["llm", "policy"], queryFn: llm.policy }),
  policyOfAll: () => queryOptions({ queryKey: ["llm", "policy-of-all"], queryFn: llm.policyOfAll }),
  keys: () => queryOptions({ queryKey: ["llm", "keys"], queryFn: llm.keys }),
  served: () => queryOptions({ queryKey: ["llm", "served"], queryFn: llm.served }),
  openHolds: () => ({
    ...pages(["llm", "holds"], (cursor) => llm.openHolds({ limit: PAGE, cursor })),
    ...every5s,
  }),
};
