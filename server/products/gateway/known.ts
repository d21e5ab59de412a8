import type { Bus } from "../../platform/bus/index.ts";
import { withTx, type Db, type Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";

/** Organizations remembered; the oldest is forgotten for a further one. */
const REMEMBERED = 10_000;

/** Something of each organization, read once and remembered while the bus tells of every change. */
export type Known<T> = {
  /** Undefined when it has to be read. */
  known(org: OrgId): T | undefined;
  read(org: OrgId): Promise<T>;
  /** Every process forgets what it knows of this organization. */
  changed(org: OrgId): void;
  close(): void;
};

export type KnownDeps = { db: Db; bus: Pick<Bus, "subscribe" | "onGap" | "publish" | "healthy"> };

/** `channel` is what a change is told on; `find` reads it anew. */
export function knownByOrg<T>(
  { db, bus }: KnownDeps,
  channel: string,
  find: (tx: Tx, org: OrgId) => Promise<T>,
): Known<T> {
  const all = new Map<OrgId, T>();
  /** Readings under way that a change has overtaken are not remembered. */
  let changes = 0;
  const forget = (org: string) => {
    changes += 1;
    all.delete(org as OrgId);
  };
  const leave = [
    bus.subscribe(channel, forget),
    bus.onGap(() => {
      changes += 1;
      all.clear();
    }),
  ];
  return {
    known: (org) => (bus.healthy() ? all.get(org) : undefined),
    async read(org) {
      const before = changes;
      const found = await withTx(db, org, (tx) => find(tx, org));
      if (before === changes) all.set(org, found);
      const [oldest] = all.size > REMEMBERED ? all.keys() : [];
      if (oldest) all.delete(oldest);
      return found;
    },
    changed: (org) => bus.publish(channel, org),
    close: () => leave.forEach((each) => each()),
  };
}
