import type { Bus } from "../../../platform/bus/index.ts";
import { withTx, type Db } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Policy } from "./policy/policy.ts";
import { findPolicy } from "./policy/policy-store.ts";

const CHANNEL = "llm.policy";
/** Organizations remembered; the oldest is forgotten for a further one. */
const REMEMBERED = 10_000;

/** The organizations' policies, read once and remembered while the bus tells of every change. */
export type Routings = {
  /** Undefined when it has to be read. */
  known(org: OrgId): Policy | null | undefined;
  read(org: OrgId): Promise<Policy | null>;
  /** Every process forgets what it knows of this organization. */
  changed(org: OrgId): void;
  close(): void;
};

export function createRoutings(
  db: Db,
  bus: Pick<Bus, "subscribe" | "onGap" | "publish" | "healthy">,
): Routings {
  const all = new Map<OrgId, Policy | null>();
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
      const policy = await withTx(db, org, (tx) => findPolicy(tx, org));
      if (before === changes) all.set(org, policy);
      const [oldest] = all.size > REMEMBERED ? all.keys() : [];
      if (oldest) all.delete(oldest);
      return policy;
    },
    changed: (org) => bus.publish(CHANNEL, org),
    close: () => leave.forEach((each) => each()),
  };
}
