import { mkdirSync, readdirSync } from "node:fs";
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

export type Worlds = {
  find(name: string): OpenWorld | null;
  all(): OpenWorld[];
  /** Makes a world; one that exists keeps its books and credentials and takes the new webhook base only. */
  create(options: NewWorld): OpenWorld;
  /** Empties the books; seed, webhook base and the clock's mode stay, so the same calls give the same ids again. */
  reset(name: string): Promise<OpenWorld | null>;
  remove(name: string): Promise<boolean>;
  close(): Promise<void>;
};

export function openWorlds(options: {
  dataDir: string;
  baseUrl: string;
  webhookBase: string | null;
  companies: readonly Company[];
}): Worlds {
  const { dataDir, baseUrl, companies } = options;
  const open = new Map<string, OpenWorld>();

  const openOne = (name: string, fresh: Settings): OpenWorld => {
    const world = openWorld({ name, dataDir, baseUrl, fresh, companies });
    open.set(name, world);
    return world;
  };
  const setWebhookBase = (world: OpenWorld, base: string | null): void => {
    if (world.webhookBase === base) return;
    world.webhookBase = base;
    world.saveSettings();
    for (const company of companies) company.welcome?.(world);
  };
  const worlds: Worlds = {
    find: (name) => open.get(name) ?? null,
    all: () => [...open.values()],
    create({ name, seed, clock, webhookBase }) {
      const existing = open.get(name);
      if (existing !== undefined) {
        if (webhookBase !== undefined) setWebhookBase(existing, webhookBase);
        return existing;
      }
      return openOne(name, {
        seed: seed ?? `holdfast:${name}`,
        webhookBase: webhookBase ?? null,
        clock: clock?.mode === "manual" ? manualClock(clock.at) : realClock(),
        recording: true,
      });
    },
    async reset(name) {
      const world = open.get(name);
      if (world === undefined) return null;
      const { seed, webhookBase, recording, clock } = world;
      await worlds.remove(name);
      return openOne(name, {
        seed,
        webhookBase,
        recording,
        clock: clock.mode === "manual" ? manualClock() : realClock(),
      });
    },
    async remove(name) {
      const world = open.get(name);
      if (world === undefined) return false;
      open.delete(name);
      await world.close();
      deleteWorldFiles(dataDir, name);
      return true;
    },
    async close() {
      await Promise.all([...open.values()].map((world) => world.close()));
      open.clear();
    },
  };

  const settings = (name: string): Settings => ({
    seed: `holdfast:${name}`,
    webhookBase: null,
    clock: realClock(),
    recording: true,
  });
  if (dataDir !== ":memory:") {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(dataDir)) {
      const name = file.endsWith(".sqlite") ? file.slice(0, -".sqlite".length) : "";
      if (WORLD_NAME.test(name) && open.size < MAX_WORLDS) openOne(name, settings(name));
    }
  }
  worlds.create({
    name: "default",
    ...(options.webhookBase === null ? {} : { webhookBase: options.webhookBase }),
  });
  return worlds;
}
