import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Logger } from "../../platform/telemetry/index.ts";
import type { PaypalApi } from "../../vendors/paypal/index.ts";
import type { StripeApi } from "../../vendors/stripe/index.ts";
import type { Announce, LedgerConfig } from "../ledger/index.ts";
import type { Mail } from "../mail/index.ts";
import type { Plans } from "./plans/plan.ts";
import type { Versions } from "./plans/versions.ts";
import type { Pack } from "./payments/pack.ts";

export type BillingDeps = {
  db: Db;
  clock: Clock;
  hub: Hub;
  logger: Logger;
  stripe: StripeApi;
  /** The Stripe account that sells. */
  accountId: string;
  /** PayPal and the account that sells there; null where it is not offered. */
  paypal: { api: PaypalApi; accountId: string } | null;
  /** Where the console stands: the only origin that a checkout returns to. */
  baseUrl: string;
  packs: readonly Pack[];
  plans: Plans;
  versions: Versions;
  /** Members of every organization, instead of what its plan says; null: the plan says. */
  seats: number | null;
  /** Above it a second operator approves a refund. */
  secondApproval: LedgerConfig;
  mail: Pick<Mail, "send">;
  /** Under which marks of trials are hashed, oldest first. */
  trialSecrets: readonly string[];
  /** Tells those outside who asked. */
  announce: Announce;
};
