import type { Cache } from "../../platform/cache/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import type { MailCompany } from "../../vendors/mail/index.ts";

export type MailDeps = {
  db: Db;
  cache: Pick<Cache, "get" | "invalidate">;
  clock: Clock;
  hub: Pick<Hub, "publish" | "subscribe">;
  logger: Logger;
  metrics: Metrics;
  company: MailCompany;
  /** Where the console stands: what links in mails begin with. */
  baseUrl: string;
  /** `Name <address>` of all mails. */
  from: string;
  tokenSecret: string;
  /** Mails handed over in one second, by all processes together. */
  perSecond: number;
};
