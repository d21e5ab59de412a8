import type { Announce } from "../../kernel/ledger/index.ts";
import type { Mail } from "../../kernel/mail/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import type { Limiter } from "../../platform/rate-limit/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { Logger, Metrics } from "../../platform/telemetry/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Sealer, Signer } from "../../platform/crypto/index.ts";
import type { ProviderSetting } from "./models/registry.ts";
import type { Timeouts } from "./call/relay/timeouts.ts";
import type { PlanRates } from "./limits/bound.ts";

/** What of an organization's plan concerns its calls. */
export type CallPlan = {
  key: string;
  name: string;
  /** Of model calls; null is no limit. */
  limits: PlanRates;
  /** Given each month. */
  allowanceMicros: bigint;
  renewsAt: Date | null;
};

/** What the gateway needs from the house. */
export type GatewayDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  hub: Hub;
  bus: Pick<Bus, "subscribe" | "onGap" | "publish" | "healthy">;
  limiter: Pick<Limiter, "meter">;
  mail: Pick<Mail, "send">;
  /** Signs receipts. */
  receiptSigner: Signer;
  /** The plan that counts now, in a transaction that sees the organization. */
  planOf(tx: Tx, org: OrgId, mode: "test" | "live"): Promise<CallPlan>;
  /** Keeps the providers' secrets, answers of calls under a key, and what is remembered of people. */
  sealer: Sealer;
  /** Where the console is, without a slash at the end. */
  consoleUrl: string;
  /** The providers that the environment names. */
  providers: readonly ProviderSetting[];
  /** Seconds after its last sign of life that a call is taken for dead; renewed three times as often. */
  holdLeaseSeconds: number;
  /** Calls at the provider at once. */
  maxOpenCalls: number;
  /** What a hit of the cache costs, in percent of what its answer cost; nothing if not said. */
  hitCostPercent?: number;
  /** A provider's account with less than so many USD runs low. */
  lowCreditUsd: number;
  /** Reads what people said; the model that answered them where none is named. */
  memoryModel?: string | undefined;
  /** Says what texts are about, to find what is remembered by; words count where none is named. */
  memoryEmbeddingModel?: string | undefined;
  /** Tells those outside of credits that run low. */
  announce?: Announce;
  /** Deadlines other than the documented ones; for tests. */
  timeouts?: Partial<Timeouts>;
};
