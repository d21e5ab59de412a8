/** Milliseconds between two looks at everything that waits for its time. */
const TICK_MS = 4;

/** Called with `performance.now()`; false when it is done. */
type Watcher = (now: number) => boolean;

const watchers = new Set<Watcher>();
let running = false;

function tick(): void {
  const now = performance.now();
  for (const watcher of watchers) if (!watcher(now)) watchers.delete(watcher);
  running = watchers.size > 0;
  if (running) setTimeout(tick, TICK_MS);
}

/**
 * One clock for all streams: a stream sends whatever has fallen due since its start, so its rate does not
 * drift however late a tick comes and however many streams there are.
 */
export function everyTick(watcher: Watcher): () => void {
  watchers.add(watcher);
  if (!running) {
    running = true;
    setTimeout(tick, TICK_MS);
  }
  return () => watchers.delete(watcher);
}
