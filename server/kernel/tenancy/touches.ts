import { createContext, withContext, type Logger } from "../../platform/telemetry/index.ts";

const MAX_PENDING = 10_000;

export type Touches = {
  /** Writes down later that this credential was used; dropped when too many wait, since the next minute tells again. */
  note(credentialId: string, write: () => Promise<void>): void;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
};

/** "Last used" instants, written one after the other beside the requests that caused them. */
export function createTouches(logger: Logger): Touches {
  const pending = new Map<string, () => Promise<void>>();
  let draining: Promise<void> | null = null;
  const drain = async () => {
    for (const [credentialId, write] of pending) {
      pending.delete(credentialId);
      try {
        await write();
      } catch (err) {
        logger.warn({ err, actor: credentialId }, "last use not written");
      }
    }
    draining = null;
  };
  return {
    note(credentialId, write) {
      if (pending.size >= MAX_PENDING) return;
      pending.set(credentialId, write);
      draining ??= withContext(createContext(), drain);
    },
    async settled() {
      await draining;
    },
  };
}
