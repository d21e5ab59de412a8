import { withSystemTx, type Db } from "../../../platform/db/index.ts";
import type { Bus } from "../../../platform/bus/index.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Sealer } from "../../../platform/crypto/index.ts";
import { assert } from "../../../platform/problem.ts";
import type { Logger } from "../../../platform/telemetry/index.ts";
import {
  createProvider,
  KINDS,
  PROVIDER_KINDS,
  type ProviderKind,
  type ProviderOptions,
} from "../../../vendors/llm/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { OwnKey } from "../own-keys/own-key.ts";
import { Health } from "../routing/health/health.ts";
import { buildCatalogue, type Candidate, type Catalogue, type Provider } from "./catalogue.ts";
import { createOwnClients } from "./own-clients.ts";
import { planLines } from "./plan-prices.ts";
import { linesOf, modelRows, readPriceList } from "./price-list.ts";
import {
  insertVersion,
  keepLines,
  linesThatDiffer,
  listActiveLines,
  listModelRows,
  listProviders,
  seedModels,
  seedProviders,
  type ProviderRow,
} from "./store.ts";

/** A provider as the environment knows it. */
export type ProviderSetting = {
  id: string;
  kind: ProviderKind;
  apiKey: string;
  baseUrl: string;
  /** Reads the account's books where `apiKey` may not. */
  booksKey?: string;
};

type Deps = {
  db: Db;
  bus: Pick<Bus, "subscribe" | "onGap" | "publish">;
  clock: Clock;
  sealer: Sealer;
  logger: Logger;
  environment: readonly ProviderSetting[];
  maxConnections: number;
};

/** Providers, models and prices as the database has them, in memory; read anew when anybody changes them. */
export type Registry = {
  readonly catalogue: Catalogue;
  /** By the keys of plans whose prices are others. */
  readonly planCatalogues: ReadonlyMap<string, Catalogue>;
  /** Those that have an address and a secret, disabled ones included. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** The candidate as it is asked by an organization's own key; null while its provider cannot be reached. */
  own(org: OrgId, candidate: Candidate, key: OwnKey): Candidate | null;
  /** Asks a provider whether it takes this key; `away` where it does not say. */
  check(
    provider: string,
    secret: string,
    signal: AbortSignal,
  ): Promise<"ok" | "refused" | "away" | "unknown">;
  /** Reads everything anew here, and makes the other processes do so. */
  changed(): Promise<void>;
  close(): Promise<void>;
};

const CHANNEL = "llm.catalogue";
export const secretPlace = (id: string): string => `llm provider ${id}`;

/** What counts now. The lines of plans are kept before anybody can be held at one of them. */
const readRows = ({ db, clock }: Pick<Deps, "db" | "clock">) =>
  withSystemTx(db, async (tx) => {
    const providers = await listProviders(tx);
    const models = await listModelRows(tx);
    const lines = await listActiveLines(tx);
    const byPlan = planLines(lines, providers);
    const own = [...byPlan.values()].flat().filter((line) => !lines.includes(line));
    if (own.length > 0) await keepLines(tx, own, clock.now());
    return { providers, models, lines, byPlan };
  });

/** Those that can be reached, by their ids. */
const openAll = (deps: Deps, clients: Clients, rows: readonly ProviderRow[]): Map<string, Provider> =>
  new Map(
    rows.flatMap((row) => {
      const provider = openOne(deps, clients, row);
      return provider ? [[row.id, provider] as const] : [];
    }),
  );

/** Records what the environment and the price list of this release bring, then reads all. Throws for an edited price. */
export async function openRegistry(deps: Deps): Promise<Registry> {
  await seed(deps);
  const health = new Map<string, Health>();
  const clients: Clients = new Map();
  const ownClients = createOwnClients(deps.sealer, (provider) => clients.get(provider)?.options);
  let state = {
    catalogue: { models: new Map(), aliases: new Map() } as Catalogue,
    planCatalogues: new Map<string, Catalogue>(),
    providers: new Map<string, Provider>(),
  };
  let reading = Promise.resolve();

  const healthOf = (provider: string, model: string): Health => {
    const key = `${provider} ${model}`;
    const known = health.get(key) ?? new Health();
    health.set(key, known);
    return known;
  };
  const read = async () => {
    const rows = await readRows(deps);
    const providers = openAll(deps, clients, rows.providers);
    const built = (lines: typeof rows.lines) =>
      buildCatalogue({ models: rows.models, lines }, providers, healthOf);
    const planCatalogues = new Map([...rows.byPlan].map(([plan, lines]) => [plan, built(lines)]));
    state = { providers, catalogue: built(rows.lines), planCatalogues };
  };
  /** One after the other, so that the last one to begin is the last one to be used. */
  const again = (): Promise<void> => (reading = reading.then(read, read));
  const heard = () =>
    void again().catch((err: unknown) => deps.logger.warn({ err }, "providers not read anew"));

  await again();
  const leave = [deps.bus.subscribe(CHANNEL, heard), deps.bus.onGap(heard)];
  return {
    get catalogue() {
      return state.catalogue;
    },
    get planCatalogues() {
      return state.planCatalogues;
    },
    get providers() {
      return state.providers;
    },
    own: (org, candidate, key) => ownClients.offer(org, candidate, key),
    async check(provider, secret, signal) {
      const options = clients.get(provider)?.options;
      if (!options) return "unknown";
      const llm = createProvider({ ...options, apiKey: secret, maxConnections: 1 });
      try {
        return await llm.check(signal);
      } finally {
        await llm.close();
      }
    },
    async changed() {
      deps.bus.publish(CHANNEL, "");
      await again();
    },
    async close() {
      leave.forEach((each) => each());
      await reading.catch(() => undefined);
      await ownClients.close();
      await Promise.all([...clients.values()].map(({ provider }) => provider.llm.close()));
    },
  };
}

type Clients = Map<string, { print: string; provider: Provider; options: ProviderOptions }>;

/** With the client it had, unless its address or secret is another now. */
function openOne(deps: Deps, clients: Clients, row: ProviderRow): Provider | null {
  const setting = settingOf(deps, row);
  if (setting === null) return null;
  const print = JSON.stringify([setting, row.private_address]);
  const known = clients.get(row.id);
  const kept = known?.print === print ? known.provider.llm : null;
  if (known && !kept) void known.provider.llm.retire();
  const options: ProviderOptions = {
    ...setting,
    maxConnections: deps.maxConnections,
    chosen: row.base_url !== null,
    // What the environment says is the owner's own word.
    publicOnly: row.base_url !== null && !row.private_address,
  };
  const llm = kept ?? createProvider(options);
  const provider: Provider = {
    id: row.id,
    kind: setting.kind,
    llm,
    enabled: row.enabled,
    costBasis: row.cost_basis,
    onDisconnect: row.on_disconnect ?? KINDS[setting.kind].onDisconnect,
    timeouts: row.timeouts,
  };
  clients.set(row.id, { print, provider, options });
  return provider;
}

/** Its own address and secret, else the environment's; null where one of them is missing. */
function settingOf(deps: Deps, row: ProviderRow): ProviderSetting | null {
  const known = deps.environment.find(({ id }) => id === row.id);
  const kind = PROVIDER_KINDS.find((each) => each === row.kind);
  if (!kind) return null;
  const baseUrl = row.base_url ?? known?.baseUrl ?? KINDS[kind].officialUrl;
  const apiKey = row.secret ? deps.sealer.open(row.secret, secretPlace(row.id)).toString() : known?.apiKey;
  // It is for the environment's own address alone.
  const books = known?.booksKey && row.base_url === null ? { booksKey: known.booksKey } : {};
  return baseUrl && apiKey ? { id: row.id, kind, apiKey, baseUrl, ...books } : null;
}

async function seed({ db, clock, environment }: Deps): Promise<void> {
  const list = readPriceList();
  const now = clock.now();
  const edited = await withSystemTx(db, async (tx) => {
    await seedProviders(
      tx,
      environment.map(({ id, kind }) => ({ id, kind })),
      now,
    );
    await seedModels(tx, modelRows(list), now);
    const differing: string[] = [];
    for (const { id } of environment) {
      const { version, lines } = linesOf(list, id);
      if (lines.length === 0) continue;
      const added = { version, provider: id, source: "config", first: true, lines } as const;
      if (!(await insertVersion(tx, added, now))) differing.push(...(await linesThatDiffer(tx, lines)));
    }
    return differing;
  });
  assert(
    edited.length === 0,
    `prices of version ${list.version} are never edited; give the list a new version: ${edited.join(", ")}`,
  );
}
