import type { Bus } from "../../../platform/bus/index.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Sealer } from "../../../platform/crypto/index.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Logger, Metrics } from "../../../platform/telemetry/index.ts";
import type { Mail } from "../../../kernel/mail/index.ts";
import type { PaymentsConfig } from "../config.ts";

export type RelayDeps = {
  db: Db;
  clock: Clock;
  bus: Bus;
  sealer: Sealer;
  logger: Logger;
  metrics: Metrics;
  mail: Pick<Mail, "send">;
  config: PaymentsConfig;
};
