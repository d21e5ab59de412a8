import type { Bus } from "../bus/index.ts";
import { type Db, withSystemTx } from "../db/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Taking } from "./rule.ts";
import type { Override } from "./override.ts";
import { deleteOverride, listOverrides, saveOverride } from "./store.ts";

export type Overrides = {
  /** The same takings with the windows that an operator set for their subjects. */
  apply(takings: readonly Taking[]): readonly Taking[];
  list(): Promise<Override[]>;
  /** Holds in every process within milliseconds. `also` runs in the same transaction. */
  put(override: Override, also: Also): Promise<void>;
  /** False when there was none. */
  remove(subject: string, name: string, also: Also): Promise<boolean>;
};
type Also = (tx: Parameters<Parameters<typeof withSystemTx>[1]>[0]) => Promise<void>;

const CHANNEL = "limit_overrides";
const keyOf = (subject: string, name: string) => `${name} ${subject}`;

/** What operators set, held in memory; read again whenever one changes, or a change may have been missed. */
export function createOverrides(db: Db, bus: Bus, logger: Logger): Overrides {
  let known = new Map<string, Override>();
  let reading = Promise.resolve();
  const read = () => {
    reading = reading
      .then(() => withSystemTx(db, listOverrides))
      .then(
        (all) => void (known = new Map(all.map((each) => [keyOf(each.subject, each.class), each]))),
        (err: unknown) => logger.warn({ err }, "limit overrides not read"),
      );
  };
  bus.subscribe(CHANNEL, read);
  bus.onGap(read);
  return {
    apply(takings) {
      if (known.size === 0) return takings;
      return takings.map((taking) => {
        const found = known.get(keyOf(taking.subject, taking.rule.name));
        if (!found) return taking;
        const windows = [{ limit: found.limit, seconds: found.windowSeconds }];
        return { ...taking, rule: { ...taking.rule, windows } };
      });
    },
    list: () => withSystemTx(db, listOverrides),
    put: (override, also) =>
      withSystemTx(db, async (tx) => {
        await saveOverride(tx, override);
        await also(tx);
        await bus.publishWith(tx, CHANNEL, "");
      }),
    remove: (subject, name, also) =>
      withSystemTx(db, async (tx) => {
        if (!(await deleteOverride(tx, subject, name))) return false;
        await also(tx);
        await bus.publishWith(tx, CHANNEL, "");
        return true;
      }),
  };
}
