import { type Db, withSystemTx } from "../db/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Refusals } from "./override.ts";
import { addRefusals } from "./store.ts";

const FLUSH_EVERY_MS = 5_000;
/** Beyond these, further subjects of the same five seconds are not shown. */
const MAX_NOTED = 1_000;
const HOUR_MS = 3_600_000;

export type RefusalLog = {
  note(name: string, subject: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** Who was refused, written down every five seconds for the operators' screen. Without a database: nowhere. */
export function createRefusals(shared: { db: Db; logger: Logger } | null, now: () => number): RefusalLog {
  let noted = new Map<string, Refusals>();
  const flush = async () => {
    if (!shared || noted.size === 0) return;
    const batch = [...noted.values()];
    noted = new Map();
    const hour = new Date(Math.floor(now() / HOUR_MS) * HOUR_MS);
    await withSystemTx(shared.db, (tx) => addRefusals(tx, hour, batch)).catch((err: unknown) =>
      shared.logger.warn({ err }, "refusals not written"),
    );
  };
  const timer = shared ? setInterval(() => void flush(), FLUSH_EVERY_MS) : undefined;
  return {
    note(name, subject) {
      const key = `${name} ${subject}`;
      const known = noted.get(key);
      if (!known && noted.size >= MAX_NOTED) return;
      noted.set(key, { subject, class: name, refused: (known?.refused ?? 0) + 1, lastAt: new Date(now()) });
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
