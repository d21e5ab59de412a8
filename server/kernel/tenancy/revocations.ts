import type { Bus } from "../../platform/bus/index.ts";
import type { Cache } from "../../platform/cache/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId, UserId } from "../../platform/ids.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";

/** What has changed: a session, key or token; a person; an organization. Each named one is enough to be asked about again. */
export type Revoked = { credentialId?: string; userId?: UserId; orgId?: OrgId };

export type Revocations = {
  /** Here at once, in the other processes within milliseconds. Call it after the commit. */
  revoke(what: Revoked): void;
  /** The same, leaving with the commit of `tx`: not even the death of this process in between loses it. */
  revokeWith(tx: Tx, what: Revoked): Promise<void>;
};

const CHANNEL = "revoked";

/**
 * Tells every process to ask the database again about what has changed, and drops what is cached about it. `forget` drops one id, `forgetAll` everything: when
 * the bus may have lost something.
 */
export function createRevocations(
  bus: Bus,
  cache: Pick<Cache, "drop" | "invalidate"> | undefined,
  metrics: Metrics | undefined,
  forget: (id: string) => void,
  forgetAll: () => void,
): Revocations {
  const lag = metrics?.histogram("revocation_lag_seconds", "Seconds from a revocation to its arrival here");
  bus.subscribe(CHANNEL, (text, lagMs) => {
    lag?.observe(lagMs / 1000);
    for (const id of text.split(" ")) forget(id);
  });
  bus.onGap(forgetAll);
  const textOf = ({ credentialId, userId, orgId }: Revoked) =>
    [credentialId, userId, orgId].filter(Boolean).join(" ");
  const tagsOf = ({ userId, orgId }: Revoked) => [
    ...(userId ? [`user:${userId}`] : []),
    ...(orgId ? [`organization:${orgId}`] : []),
  ];
  return {
    revoke(what) {
      bus.publish(CHANNEL, textOf(what));
      void cache?.drop(tagsOf(what));
    },
    revokeWith(tx, what) {
      cache?.invalidate(tx, tagsOf(what));
      return bus.publishWith(tx, CHANNEL, textOf(what));
    },
  };
}
