import { Roster } from "../../../../platform/roster.ts";

/** Something with deadlines. `now` is of `performance.now()`. */
export type Watched = { tick(now: number): void };

export type Watch = { add(watched: Watched): void; remove(watched: Watched): void };

const EVERY_MS = 250;

/** Looks after the deadlines of all calls with one timer, which runs only while there are any. */
export function createWatch(): Watch {
  const all = new Roster<Watched>();
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    const now = performance.now();
    for (const each of all) each.tick(now);
  };
  return {
    add(watched) {
      all.add(watched);
      timer ??= setInterval(tick, EVERY_MS);
    },
    remove(watched) {
      all.delete(watched);
      if (all.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
