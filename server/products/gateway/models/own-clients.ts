import type { OrgId } from "../../../platform/ids.ts";
import type { Sealer } from "../../../platform/crypto/index.ts";
import { createProvider, type LanguageModels, type ProviderOptions } from "../../../vendors/llm/index.ts";
import { ownKeyPlace, type OwnKey } from "../own-keys/own-key.ts";
import { Health } from "../routing/health/health.ts";
import type { Candidate } from "./catalogue.ts";
import { ownPrice } from "./price.ts";

/** Keys with a client of their own; the one that was used longest ago makes room for a further one. */
const MOST_CLIENTS = 500;
/** Calls at once by one of them. */
const MAX_CONNECTIONS = 128;

type Client = { llm: LanguageModels; health: Map<string, Health> };

/** Clients that ask by organizations' own keys. */
export type OwnClients = {
  /** The candidate as it is asked by this key; null while its provider has no address. */
  offer(org: OrgId, candidate: Candidate, key: OwnKey): Candidate | null;
  close(): Promise<void>;
};

export function createOwnClients(
  sealer: Sealer,
  optionsOf: (provider: string) => ProviderOptions | undefined,
): OwnClients {
  const clients = new Map<string, Client>();
  const clientOf = (org: OrgId, key: OwnKey, options: ProviderOptions): Client => {
    // Another secret or another address is another client.
    const name = `${key.id} ${key.updated_at.getTime()} ${options.kind} ${options.baseUrl}`;
    const known = clients.get(name);
    // Deleted first, so that the map stays in the order of use.
    clients.delete(name);
    const client = known ?? {
      health: new Map<string, Health>(),
      llm: createProvider({
        ...options,
        apiKey: sealer.open(key.secret, ownKeyPlace(org, key.id)).toString(),
        maxConnections: MAX_CONNECTIONS,
      }),
    };
    clients.set(name, client);
    const [oldest] = clients.size > MOST_CLIENTS ? clients : [];
    if (oldest) {
      clients.delete(oldest[0]);
      void oldest[1].llm.retire();
    }
    return client;
  };
  return {
    offer(org, candidate, key) {
      const options = optionsOf(candidate.provider.id);
      if (!options) return null;
      const { llm, health } = clientOf(org, key, options);
      const model = candidate.model.id;
      const own = health.get(model) ?? new Health();
      health.set(model, own);
      const price = ownPrice(candidate.price);
      const offered: Candidate = {
        ...candidate,
        provider: { ...candidate.provider, llm },
        price,
        health: own,
        ownKey: key.id,
      };
      offered.route = {
        model: { ...candidate.route.model, price },
        candidates: [offered],
        why: "own-key",
      };
      return offered;
    },
    async close() {
      await Promise.all([...clients.values()].map(({ llm }) => llm.close()));
    },
  };
}
