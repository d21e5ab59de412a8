import { rmSync } from "node:fs";
import { join } from "node:path";
import { openAgenda, type OpenAgenda } from "./agenda.ts";
import type { Authority } from "./authority.ts";
import { openClock, type ClockState, type WorldClock } from "./clock.ts";
import type { Company, World } from "./company.ts";
import { openFaults, type OpenFaults } from "./faults.ts";
import { openRandom } from "./random.ts";
import { openRecorder, type OpenRecorder } from "./recorder.ts";
import { Runner } from "./runner.ts";
import { OpenStore } from "./store.ts";
import { OpenSender } from "./webhooks.ts";

export type Settings = { seed: string; webhookBase: string | null; clock: ClockState; recording: boolean };

/** A world with the handles that only the core needs. */
export type OpenWorld = Omit<
  World,
  "store" | "clock" | "agenda" | "faults" | "recorder" | "webhooks" | "webhookBase"
> & {
  store: OpenStore;
  clock: WorldClock;
  agenda: OpenAgenda;
  faults: OpenFaults;
  recorder: OpenRecorder;
  webhooks: OpenSender;
  webhookBase: string | null;
  recording: boolean;
  /** Writes clock, webhook base and recording switch into the books. */
  saveSettings(): void;
  /** Looks for due things soon. */
  poke(): void;
  /** Moves the clock to `at`, doing everything due on the way, in order of time; answers how many steps. */
  advanceTo(at: number): Promise<number>;
  close(): Promise<void>;
};

function worldFile(dataDir: string, name: string): string {
  return dataDir === ":memory:" ? ":memory:" : join(dataDir, `${name}.sqlite`);
}

export function deleteWorldFiles(dataDir: string, name: string): void {
  if (dataDir === ":memory:") return;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(worldFile(dataDir, name) + suffix, { force: true });
}

/** Settings of a world: those in its books, or `fresh` when it has none yet. */
function loadSettings(store: OpenStore, fresh: Settings): Settings {
  store.ensure(
    "settings",
    "create table if not exists settings (id integer primary key, body text not null)",
  );
  const row = store.get("select body from settings where id = 1");
  return row === null ? fresh : (JSON.parse(String(row["body"])) as Settings);
}

type Options = {
  name: string;
  dataDir: string;
  baseUrl: string;
  fresh: Settings;
  companies: readonly Company[];
  authority: Authority;
};

export function openWorld({ name, dataDir, baseUrl, fresh, companies, authority }: Options): OpenWorld {
  const store = new OpenStore(worldFile(dataDir, name));
  const settings = loadSettings(store, fresh);
  const clock = openClock(settings.clock);
  const random = openRandom(settings.seed, store);
  const faults = openFaults(store, random);
  const company = (wanted: string): Company | null => companies.find((c) => c.name === wanted) ?? null;
  const changed = (): void => runner.poke();
  const world: OpenWorld = {
    name,
    authority,
    seed: settings.seed,
    baseUrl,
    webhookBase: settings.webhookBase,
    recording: settings.recording,
    store,
    clock,
    random,
    faults,
    recorder: openRecorder(),
    memory: new Map(),
    agenda: openAgenda(store, changed),
    webhooks: new OpenSender({
      store,
      faults,
      random,
      style: (wanted) => company(wanted)?.webhooks ?? null,
      world: () => world,
      changed,
    }),
    saveSettings() {
      const { seed, webhookBase, recording } = world;
      const body: Settings = { seed, webhookBase, clock: clock.state, recording };
      world.recorder.enabled = recording;
      store.run("insert or replace into settings (id, body) values (1, ?)", JSON.stringify(body));
    },
    poke: changed,
    advanceTo: (target) => runner.advanceTo(target),
    async close() {
      runner.close();
      await world.webhooks.close();
      store.close();
    },
  };
  const runner = new Runner(world, company);
  world.saveSettings();
  for (const each of companies) each.welcome?.(world);
  runner.poke();
  return world;
}
