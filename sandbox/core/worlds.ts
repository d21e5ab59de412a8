import { mkdirSync, readdirSync } from "node:fs";
import type { Authority } from "./authority.ts";
import { manualClock, realClock } from "./clock.ts";
import type { Company } from "./company.ts";
import { deleteWorldFiles, openWorld, type OpenWorld, type Settings } from "./world.ts";

/** Worlds open at once in one process. */
export const MAX_WORLDS = 500;
/** No underscore: it ends the world's name in a Stripe key. */
export const WORLD_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export type NewWorld = {
  name: string;
  seed?: string;
  clock?: { mode: "real" | "manual"; at?: number };
  webhookBase?: string | null;
};

type Options = {
  /** A folder with one file per world, or `:memory:`. */
  dataDir: string;
  baseUrl: string;
  /** For the default world; null leaves what its books say. */
  webhookBase: string | null;
  companies: readonly Company[];
  authority: Authority;
};

/** The worlds of one process. Those with books in the data folder are there from the start. */
export class Worlds {
  readonly #options: Options;
  readonly #open = new Map<string, OpenWorld>();

  constructor(options: Options) {
    this.#options = options;
    const { dataDir, webhookBase } = options;
    if (dataDir !== ":memory:") {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      for (const file of readdirSync(dataDir)) {
        const name = file.endsWith(".sqlite") ? file.slice(0, -".sqlite".length) : "";
        if (WORLD_NAME.test(name) && this.#open.size < MAX_WORLDS)
          this.#openOne(name, freshSettings({ name }));
      }
    }
    this.create({ name: "default", ...(webhookBase === null ? {} : { webhookBase }) });
  }

  find(name: string): OpenWorld | null {
    return this.#open.get(name) ?? null;
  }

  all(): OpenWorld[] {
    return [...this.#open.values()];
  }

  /** Makes a world; one that exists keeps its books and credentials and takes the new webhook base only. */
  create(wanted: NewWorld): OpenWorld {
    const existing = this.#open.get(wanted.name);
    if (existing === undefined) return this.#openOne(wanted.name, freshSettings(wanted));
    const base = wanted.webhookBase;
    if (base !== undefined && existing.webhookBase !== base) {
      existing.webhookBase = base;
      existing.saveSettings();
      for (const company of this.#options.companies) company.welcome?.(existing);
    }
    return existing;
  }

  /** Empties the books; seed, webhook base and the clock's mode stay, so the same calls give the same ids again. */
  async reset(name: string): Promise<OpenWorld | null> {
    const world = this.#open.get(name);
    if (world === undefined) return null;
    const { seed, webhookBase, recording, clock } = world;
    await this.remove(name);
    const state = clock.mode === "manual" ? manualClock() : realClock();
    return this.#openOne(name, { seed, webhookBase, recording, clock: state });
  }

  async remove(name: string): Promise<boolean> {
    const world = this.#open.get(name);
    if (world === undefined) return false;
    this.#open.delete(name);
    await world.close();
    deleteWorldFiles(this.#options.dataDir, name);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((world) => world.close()));
    this.#open.clear();
  }

  #openOne(name: string, fresh: Settings): OpenWorld {
    const { dataDir, baseUrl, companies, authority } = this.#options;
    const world = openWorld({ name, dataDir, baseUrl, fresh, companies, authority });
    this.#open.set(name, world);
    return world;
  }
}

function freshSettings({ name, seed, clock, webhookBase }: NewWorld): Settings {
  return {
    seed: seed ?? `holdfast:${name}`,
    webhookBase: webhookBase ?? null,
    clock: clock?.mode === "manual" ? manualClock(clock.at) : realClock(),
    recording: true,
  };
}

/** Opens the worlds of one process. */
export const openWorlds = (options: Options): Worlds => new Worlds(options);
