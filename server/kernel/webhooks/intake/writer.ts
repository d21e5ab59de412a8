import { Problem, common } from "../../../platform/problem.ts";
import type { NewEvent } from "./insert-events.ts";

/** Events of one commit at most, and their bytes. */
const BATCH = 256;
const BATCH_BYTES = 8 * 1024 * 1024;
/**
 * Commits under way at most: the database begins the second while this process comes to the answer of the first. The second
 * is worth its price only when it takes as many events as the first, and so many at least.
 */
const IN_FLIGHT = 2;
const SECOND_FROM = 4;
/** Events and bytes that wait at most; beyond that the answer is 503. */
const WAITING = 4_096;
const WAITING_BYTES = 128 * 1024 * 1024;

type Waiting = { event: NewEvent; stored: (isNew: boolean) => void; failed: (error: unknown) => void };

export type Writer = {
  /** Resolves when the event is durable: true if it is new, false for a duplicate. */
  add(event: NewEvent): Promise<boolean>;
};

/**
 * Group commit: an idle writer commits at once, events that arrive while a commit is in flight share the next. A batch
 * that the database refuses is run again row by row, so that one bad event fails alone.
 */
export function createWriter(insert: (events: readonly NewEvent[]) => Promise<Set<string>>): Writer {
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let inFlight = 0;
  let lastSize = 0;

  const take = (): Waiting[] => {
    let bytes = 0;
    let count = 0;
    for (const { event } of waiting) {
      if (count === BATCH || (count > 0 && bytes + event.sealed.length > BATCH_BYTES)) break;
      bytes += event.sealed.length;
      count += 1;
    }
    const batch = count === waiting.length ? waiting : waiting.slice(0, count);
    waiting = count === waiting.length ? [] : waiting.slice(count);
    waitingBytes -= bytes;
    return batch;
  };
  const enough = () => (inFlight === 0 ? 1 : Math.max(SECOND_FROM, lastSize));
  const pump = () => {
    while (inFlight < IN_FLIGHT && waiting.length >= enough()) {
      inFlight += 1;
      const batch = take();
      lastSize = batch.length;
      void store(insert, batch).then((told) => {
        inFlight -= 1;
        // The next commit first: it runs while these are answered.
        pump();
        for (const tell of told) tell();
      });
    }
  };
  return {
    add: (event) =>
      new Promise((stored, failed) => {
        if (waiting.length >= WAITING || waitingBytes + event.sealed.length > WAITING_BYTES) {
          failed(new Problem(common.overloaded, { retryAfter: 1 }));
          return;
        }
        waiting.push({ event, stored, failed });
        waitingBytes += event.sealed.length;
        pump();
      }),
  };
}

/** Never rejects; what each who waits is to be told. */
async function store(
  insert: (events: readonly NewEvent[]) => Promise<Set<string>>,
  batch: readonly Waiting[],
): Promise<(() => void)[]> {
  try {
    const added = await insert(batch.map(({ event }) => event));
    return batch.map((one) => () => one.stored(added.has(one.event.id)));
  } catch (error) {
    const refused = isRefusal(error);
    if (refused && batch.length > 1) {
      const told: (() => void)[] = [];
      for (const one of batch) told.push(...(await store(insert, [one])));
      return told;
    }
    const problem = refused
      ? error
      : new Problem(common.database_unavailable, { cause: error, retryAfter: 2 });
    return batch.map((one) => () => one.failed(problem));
  }
}

/** The statement itself was refused (data, constraint), as opposed to a database that is away or going away. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^2[23]/.test(code);
}
