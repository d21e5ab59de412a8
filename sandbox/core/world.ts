import { rmSync } from "node:fs";
import { join } from "node:path";
import { openAgenda, type OpenAgenda } from "./agenda.ts";
import { openClock, type ClockState, type WorldClock } from "./clock.ts";
import type { Company, World } from "./company.ts";
import { openFaults, type OpenFaults } from "./faults.ts";
import { openRandom } from "./random.ts";
import { openRecorder, type OpenRecorder } from "./recorder.ts";
import { openStore, type OpenStore } from "./store.ts";
import { openSender, type OpenSender } from "./webhooks.ts";

/** setTimeout cannot wait longer; a later wake-up finds nothing due and waits again. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Things done in one advance of a clock; a loop that plans itself anew for ever ends here. */
const MAX_ADVANCE_STEPS = 200_000;

export type Settings = { seed: string; webhookBase: string | null; clock: ClockState; recording: boolean };

/** A world with the handles that only the core needs. */
export type OpenWorld = Omit<World, "store" | "clock" | "agenda" | "faults" | "recorder" | "webhooks"> & {
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
  /** Moves the clock to `at`, doing everything due on the way, in order of time; answers how many. */
  advanceTo(at: number): Promise<number>;
  close(): Promise<void>;
};

export function worldFile(dataDir: string, name: string): string {
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
};

export function openWorld({ name, dataDir, baseUrl, fresh, companies }: Options): OpenWorld {
  const store = openStore(worldFile(dataDir, name));
  const settings = loadSettings(store, fresh);
  const clock = openClock(settings.clock);
  const random = openRandom(settings.seed, store);
  const faults = openFaults(store, random);
  const recorder = openRecorder();
  recorder.enabled = settings.recording;
  const company = (wanted: string): Company | null => companies.find((c) => c.name === wanted) ?? null;
  let scheduled = false;
  let closed = false;
  let advancing = false;
  let timer: NodeJS.Timeout | undefined;

  const runAgenda = async (): Promise<number> => {
    let count = 0;
    for (let item = world.agenda.take(clock.now()); item !== null; item = world.agenda.take(clock.now())) {
      await company(item.company)?.due?.[item.kind]?.(world, item.payload);
      count++;
    }
    return count;
  };
  const nextAt = (): number | null => {
    const times = [world.agenda.nextAt(), world.webhooks.nextAt()].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  };
  const arm = (): void => {
    clearTimeout(timer);
    const at = nextAt();
    if (at === null || clock.mode === "manual" || closed) return;
    const wait = (at - clock.now()) / clock.state.speed;
    timer = setTimeout(world.poke, Math.min(Math.max(wait, 1), MAX_TIMER_MS));
  };
  const look = async (): Promise<void> => {
    scheduled = false;
    if (closed || advancing) return;
    await runAgenda();
    if (closed) return;
    world.webhooks.start();
    arm();
  };

  const poke = (): void => {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(() => void look());
  };
  const world: OpenWorld = {
    name,
    seed: settings.seed,
    baseUrl,
    webhookBase: settings.webhookBase,
    recording: settings.recording,
    store,
    clock,
    random,
    faults,
    recorder,
    memory: new Map(),
    agenda: openAgenda(store, poke),
    webhooks: openSender({
      store,
      faults,
      random,
      style: (wanted) => company(wanted)?.webhooks ?? null,
      world: () => world,
      changed: poke,
    }),
    saveSettings() {
      const body: Settings = {
        seed: world.seed,
        webhookBase: world.webhookBase,
        clock: clock.state,
        recording: world.recording,
      };
      recorder.enabled = world.recording;
      store.run("insert or replace into settings (id, body) values (1, ?)", JSON.stringify(body));
    },
    poke,
    async advanceTo(target) {
      advancing = true;
      let steps = 0;
      try {
        for (;;) {
          const at = nextAt();
          if (at === null || at > target || steps >= MAX_ADVANCE_STEPS) break;
          if (at > clock.now()) clock.set(at);
          steps += await runAgenda();
          await world.webhooks.runDue();
          steps++;
        }
        if (target > clock.now()) clock.set(target);
        world.saveSettings();
      } finally {
        advancing = false;
        poke();
      }
      return steps;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await world.webhooks.close();
      store.close();
    },
  };
  world.saveSettings();
  for (const each of companies) each.welcome?.(world);
  poke();
  return world;
}
