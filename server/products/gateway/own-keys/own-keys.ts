import type { Bus } from "../../../platform/bus/index.ts";
import { withTx, type Db } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { OwnKey } from "./own-key.ts";
import { listOwnKeys } from "./store.ts";

const CHANNEL = "llm.own_keys";
/** Organizations remembered; the oldest is forgotten for a further one. */
const REMEMBERED = 10_000;

/** The organizations' keys at providers, read once and remembered while the bus tells of every change. */
export type OwnKeys = {
  /** Undefined when they have to be read. */
  known(org: OrgId): readonly OwnKey[] | undefined;
  read(org: OrgId): Promise<readonly OwnKey[]>;
  /** Every process forgets what it knows of this organization. */
  changed(org: OrgId): void;
  close(): void;
};

export function createOwnKeys(
  db: Db,
  bus: Pick<Bus, "subscribe" | "onGap" | "publish" | "healthy">,
): OwnKeys {
  const all = new Map<OrgId, readonly OwnKey[]>();
  /** Readings under way that a change has overtaken are not remembered. */
  let changes = 0;
  const forget = (org: string) => {
    changes += 1;
    all.delete(org as OrgId);
  };
  const leave = [
    bus.subscribe(CHANNEL, forget),
    bus.onGap(() => {
      changes += 1;
      all.clear();
    }),
  ];
  return {
    known: (org) => (bus.healthy() ? all.get(org) : undefined),
    async read(org) {
      const before = changes;
      const keys = await withTx(db, org, (tx) => listOwnKeys(tx, org));
      if (before === changes) all.set(org, keys);
      const [oldest] = all.size > REMEMBERED ? all.keys() : [];
      if (oldest) all.delete(oldest);
      return keys;
    },
    changed: (org) => bus.publish(CHANNEL, org),
    close: () => leave.forEach((each) => each()),
  };
}
