import type { Inbox } from "../../../kernel/webhooks/index.ts";
import type { Mail } from "../../../kernel/mail/index.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Jobs } from "../../../platform/jobs/index.ts";
import type { Hub } from "../../../platform/realtime/index.ts";
import type { Logger, Metrics } from "../../../platform/telemetry/index.ts";
import type { ProviderBooks } from "./books/provider-books.ts";

export type ReconciliationDeps = {
  db: Db;
  clock: Clock;
  hub: Hub;
  logger: Logger;
  metrics: Metrics;
  jobs: Jobs;
  mail: Mail;
  inbox: Inbox;
  /** The accounts that are reconciled. */
  books: readonly ProviderBooks[];
};
