import type { Metrics } from "../telemetry/index.ts";
import { BEAT_EVERY_MS, createLine, type Line, type LineEnds } from "./line.ts";
import { overPostgres, overRedis } from "./transport.ts";

export type LineState = { name: "redis" | "postgres"; lagMs: number | null };

export type Lines = {
  /** By the first line that is up; false when none took it. */
  send(payload: string): Promise<boolean>;
  /** All of them are up: whoever sends by one of them is heard. */
  alive(): boolean;
  state(): LineState[];
  /** Says `goodbye` on each and ends them. */
  close(goodbye: string): Promise<void>;
};

type Options = {
  directUrl: string;
  redis?: { url: string; prefix: string } | null;
  metrics?: Metrics;
};

/** Redis first when there is one, PostgreSQL always; beats go out on each until they are closed. */
export function openLines({ directUrl, redis, metrics }: Options, ends: LineEnds): Lines {
  const lines: { name: LineState["name"]; line: Line }[] = [];
  if (redis) lines.push({ name: "redis", line: createLine(overRedis(redis.url, redis.prefix), ends) });
  lines.push({ name: "postgres", line: createLine(overPostgres(directUrl), ends) });
  const tick = () => lines.forEach(({ line }) => line.tick());
  const ticking = setInterval(tick, BEAT_EVERY_MS);
  tick();
  const state = () => lines.map(({ name, line }) => ({ name, lagMs: line.alive() ? line.lagMs() : null }));
  const gauge = metrics?.gauge(
    "bus_lag_seconds",
    "Seconds of a beat there and back; -1: down",
    ["line"],
    async () => {
      for (const { name, lagMs } of state()) gauge?.set({ line: name }, lagMs === null ? -1 : lagMs / 1000);
    },
  );
  return {
    async send(payload) {
      for (const { line } of lines) if (line.alive() && (await left(line.send(payload)))) return true;
      return false;
    },
    alive: () => lines.every(({ line }) => line.alive()),
    state,
    async close(goodbye) {
      clearInterval(ticking);
      await Promise.all(lines.map(({ line }) => line.alive() && left(line.send(goodbye))));
      await Promise.all(lines.map(({ line }) => line.close()));
    },
  };
}

const left = (sending: Promise<void>): Promise<boolean> =>
  sending.then(
    () => true,
    () => false,
  );
