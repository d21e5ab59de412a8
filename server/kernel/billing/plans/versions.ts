import { withSystemTx, type Db, type Tx } from "../../../platform/db/index.ts";
import { assert } from "../../../platform/problem.ts";
import type { Clock } from "../../../platform/clock.ts";
import { readVersion, type Plan, type Plans } from "./plan.ts";
import { findVersion, keepVersions } from "./store.ts";

/** Every version that was ever on sale, by id. They never change, so each is read once per process. */
export type Versions = {
  get(tx: Tx, id: string): Promise<Plan>;
  /** Keeps today's plans. At boot, before anybody subscribes to one. */
  keep(): Promise<void>;
};

export function createVersions({ db, clock, plans }: { db: Db; clock: Clock; plans: Plans }): Versions {
  const known = new Map(plans.list.map((plan) => [plan.versionId, plan]));
  return {
    async get(tx, id) {
      const plan = known.get(id);
      if (plan) return plan;
      const content = await findVersion(tx, id);
      assert(content, "a plan's version is kept as long as anybody has it");
      const read = readVersion(content);
      known.set(id, read);
      return read;
    },
    keep: () => withSystemTx(db, (tx) => keepVersions(tx, plans.list, clock.now())),
  };
}
