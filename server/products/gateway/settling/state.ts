import type { HoldBatcher } from "../../../kernel/ledger/index.ts";
import type { Roster } from "../../../platform/roster.ts";
import type { SoundReader } from "../../../platform/sound/index.ts";
import type { TokenCounter } from "../../../vendors/llm/index.ts";
import type { HeldCall } from "../call/held-call.ts";
import type { LongPrompts } from "../call/long-prompts.ts";
import type { Timeouts } from "../call/relay/timeouts.ts";
import type { Watch } from "../call/relay/watch.ts";
import type { GatewayDeps } from "../deps.ts";
import type { Judged } from "../limits/gate.ts";
import type { Policies } from "../limits/policy.ts";
import type { GatewayMetrics } from "../metrics.ts";
import type { Choices } from "../memory/own/choice.ts";
import type { Catalogue, Provider } from "../models/catalogue.ts";
import type { Registry } from "../models/registry.ts";
import type { OwnKeys } from "../own-keys/own-keys.ts";
import type { SharedBreakers } from "../routing/health/shared.ts";
import type { Routings } from "../routing/routings.ts";
import type { KeptKey } from "../keys/idempotency-store.ts";
import type { Finish, NewRequest } from "../store.ts";

/** What is written in the transaction of a hold. */
export type HoldItem = { request: NewRequest; key: KeptKey | null; judged: Judged };

/** `connection` is cut when there is no more time. */
export type Running = { done: Promise<unknown>; connection: { destroy(): unknown } };

/** The running gateway of one process. */
export type Gateway = {
  readonly deps: GatewayDeps;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly routings: Routings;
  readonly ownKeys: OwnKeys;
  readonly breakers: SharedBreakers;
  /** What people choose about their memory. */
  readonly choices: Choices;
  readonly batcher: HoldBatcher<HoldItem, Finish>;
  readonly longPrompts: LongPrompts;
  readonly tokens: TokenCounter;
  readonly sounds: SoundReader;
  readonly policies: Policies;
  /** Summaries that are being made, by whose conversation and of which beginning. */
  readonly summaries: Map<string, Promise<string | null>>;
  readonly watch: Watch;
  readonly timeouts: Timeouts;
  readonly metrics: GatewayMetrics;
  /** Model calls from arrival to last byte. */
  readonly running: Roster<Running>;
  /** Calls with a hold that is not settled yet. */
  readonly calls: Roster<HeldCall>;
  /** Settlements under way or tried again. */
  readonly settling: Roster<Promise<void>>;
  /** Resolves when every call has ended and is settled; cuts what is left after `timeoutMs` (120,000). */
  drain(timeoutMs?: number): Promise<void>;
  /** Ends the connections to the providers; after `drain` and after the last job. */
  close(): Promise<void>;
};
