import type { Clock } from "../../../platform/clock.ts";
import type { Signer } from "../../../platform/crypto/index.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Jobs } from "../../../platform/jobs/index.ts";
import type { Logger } from "../../../platform/telemetry/index.ts";

export type AuditDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  /** Signs the ends of chains. */
  signer: Signer;
  jobs: Pick<Jobs, "define" | "enqueue">;
};
