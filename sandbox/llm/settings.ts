import type { World } from "../core/company.ts";
import { nameOf } from "./view.ts";

/** How the language models of one world behave; changed by `PATCH /_sandbox/{company}/settings`. */
export type Settings = {
  /** Real milliseconds to the first token, and tokens per second after it; 0 = all at once. */
  first_token_ms: number;
  tokens_per_second: number;
  /** When the caller goes away: `stop` generating, or `drain`: run on and bill the whole answer. */
  on_disconnect: "stop" | "drain";
  /** Every call waits until this name is released; null: none does. */
  hold: string | null;
  /** Whole USD bought. Calls are refused with 402 once the bill has reached it. */
  credits: number;
  /** What the list of models says of prices, in per cent of what is charged. */
  listed_percent: number;
};

const DEFAULTS: Settings = {
  first_token_ms: 200,
  tokens_per_second: 60,
  on_disconnect: "stop",
  hold: null,
  credits: 1_000_000,
  listed_percent: 100,
};

const KEY = "llm.settings";
const tableOf = (world: World): string => `${nameOf(world)}_settings`;

export function settingsOf(world: World): Settings {
  const known = world.memory.get(KEY) as Settings | undefined;
  if (known !== undefined) return known;
  const name = tableOf(world);
  world.store.ensure(name, `create table if not exists ${name} (id integer primary key, body text not null)`);
  const row = world.store.get(`select body from ${name} where id = 1`);
  const settings = {
    ...DEFAULTS,
    ...(row === null ? {} : (JSON.parse(String(row["body"])) as Partial<Settings>)),
  };
  world.memory.set(KEY, settings);
  return settings;
}

const inRange = (value: unknown, low: number, high: number): boolean =>
  typeof value === "number" && value >= low && value <= high;

const CHECKS: Readonly<Record<keyof Settings, (value: unknown) => boolean>> = {
  first_token_ms: (value) => inRange(value, 0, 600_000),
  tokens_per_second: (value) => inRange(value, 0, 100_000),
  on_disconnect: (value) => value === "stop" || value === "drain",
  hold: (value) => value === null || (typeof value === "string" && /^[\w./-]{1,64}$/.test(value)),
  credits: (value) => Number.isInteger(value) && inRange(value, 0, 9_000_000),
  listed_percent: (value) => Number.isInteger(value) && inRange(value, 1, 1_000),
};

/** Changes the named settings; answers what is wrong instead when something is. */
export function changeSettings(world: World, change: Record<string, unknown>): Settings | { wrong: string } {
  for (const [name, value] of Object.entries(change)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof Settings] : undefined;
    if (check === undefined) return { wrong: `unknown setting ${name}` };
    if (!check(value)) return { wrong: `bad value for ${name}` };
  }
  const settings = { ...settingsOf(world), ...change } as Settings;
  world.store.run(
    `insert or replace into ${tableOf(world)} (id, body) values (1, ?)`,
    JSON.stringify(settings),
  );
  world.memory.set(KEY, settings);
  return settings;
}
