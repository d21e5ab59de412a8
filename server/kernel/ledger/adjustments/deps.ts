import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Hub } from "../../../platform/realtime/index.ts";
import type { Mail } from "../../mail/index.ts";
import type { Announce } from "../announce.ts";
import type { LedgerConfig } from "../config.ts";

export type AdjustDeps = {
  db: Db;
  clock: Clock;
  hub: Hub;
  mail: Pick<Mail, "send">;
  config: LedgerConfig;
  announce: Announce;
};
