import type { World } from "../../core/company.ts";

const KEY = "llm.holds";
/** A call held longer than this is answered anyway, so that a forgotten hold does not hang for ever. */
const LONGEST_MS = 10 * 60_000;

type Holds = { waiting: Map<string, Set<() => void>>; open: Set<string> };

function holdsOf(world: World): Holds {
  let holds = world.memory.get(KEY) as Holds | undefined;
  if (holds === undefined) {
    holds = { waiting: new Map(), open: new Set() };
    world.memory.set(KEY, holds);
  }
  return holds;
}

/** Resolves when `name` is released, the caller has gone, or ten minutes have passed. */
export function waitForRelease(world: World, name: string, signal: AbortSignal): Promise<void> {
  const { waiting, open } = holdsOf(world);
  if (open.has(name) || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const set = waiting.get(name) ?? new Set<() => void>();
    waiting.set(name, set);
    const go = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", go);
      set.delete(go);
      if (set.size === 0 && waiting.get(name) === set) waiting.delete(name);
      resolve();
    };
    const timer = setTimeout(go, LONGEST_MS);
    timer.unref();
    signal.addEventListener("abort", go);
    set.add(go);
  });
}

/** How many calls wait, by name. */
export function heldCalls(world: World): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, set] of holdsOf(world).waiting) counts[name] = set.size;
  return counts;
}

/** Lets the waiting calls of `name` go and answers how many; `later` lets those go through that come later too. */
export function releaseCalls(world: World, name: string, later: boolean): number {
  const { waiting, open } = holdsOf(world);
  if (later) open.add(name);
  else open.delete(name);
  const set = [...(waiting.get(name) ?? [])];
  for (const go of set) go();
  return set.length;
}
