import { setTimeout as delay } from "node:timers/promises";

/** A buyer who is back waits so long for the company; then what we know is the answer, and the question goes on. */
const PATIENCE_MS = 3_000;

export type Questions = {
  /** Asks unless this is being asked already. Resolves when it is answered, or out of patience; rejects as the question does. */
  ask(about: string, question: () => Promise<void>): Promise<void>;
};

export function createQuestions(patienceMs = PATIENCE_MS): Questions {
  const open = new Map<string, Promise<void>>();
  return {
    async ask(about, question) {
      const running = open.get(about) ?? question().finally(() => open.delete(about));
      open.set(about, running);
      const answered = new AbortController();
      const patience = delay(patienceMs, undefined, { signal: answered.signal, ref: false });
      try {
        await Promise.race([running, patience]);
      } finally {
        patience.catch(() => undefined);
        answered.abort();
      }
    },
  };
}
