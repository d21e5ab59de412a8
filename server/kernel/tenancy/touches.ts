import { setTimeout as delay } from "node:timers/promises";
import { createContext, withContext, type Logger } from "../../platform/telemetry/index.ts";

const MAX_PENDING = 10_000;
/** Sessions used within this time are written in one transaction. */
const GATHERED_MS = 1_000;

export type Touches = {
  /** Writes down later that this credential was used; dropped when too many wait, since the next minute tells again. */
  note(credentialId: string, write: () => Promise<void>): void;
  /** The same of a session; those of a second are written together. */
  noteSession(sessionId: string, usedAt: Date): void;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
};

/** "Last used" instants, written one transaction after the other beside the requests that caused them. */
export function createTouches(
  logger: Logger,
  writeSessions: (usedAt: ReadonlyMap<string, Date>) => Promise<void>,
): Touches {
  const pending = new Map<string, () => Promise<void>>();
  let sessions = new Map<string, Date>();
  let hurry = new AbortController();
  let draining: Promise<void> | null = null;
  let gathering: Promise<void> | null = null;

  const attempt = async (write: () => Promise<void>, about: object) => {
    try {
      await write();
    } catch (err) {
      logger.warn({ err, ...about }, "last use not written");
    }
  };
  const drain = async () => {
    for (const [credentialId, write] of pending) {
      pending.delete(credentialId);
      await attempt(write, { actor: credentialId });
    }
    draining = null;
  };
  const gather = async () => {
    await delay(GATHERED_MS, undefined, { ref: false, signal: hurry.signal }).catch(() => undefined);
    const used = sessions;
    [sessions, hurry, gathering] = [new Map(), new AbortController(), null];
    await attempt(() => writeSessions(used), { sessions: used.size });
  };
  return {
    note(credentialId, write) {
      if (pending.size >= MAX_PENDING) return;
      pending.set(credentialId, write);
      draining ??= withContext(createContext(), drain);
    },
    noteSession(sessionId, usedAt) {
      if (sessions.size >= MAX_PENDING) return;
      sessions.set(sessionId, usedAt);
      gathering ??= withContext(createContext(), gather);
    },
    async settled() {
      hurry.abort();
      await Promise.all([draining, gathering]);
    },
  };
}
