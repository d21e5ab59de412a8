import type { Role } from "../../../platform/http/index.ts";
import type { KeyId, UserId } from "../../../platform/ids.ts";
import type { Scope } from "../permissions.ts";
import type { KeyHash, KeyMode } from "./api-key.ts";

/** Null is no limit of the key's own; `rpm` null is the installation's default, 0 no limit. */
export type KeyLimits = {
  rpm: number | null;
  tpm: number | null;
  concurrency: number | null;
  budgetDailyMicros: bigint | null;
  budgetMonthlyMicros: bigint | null;
};

export const NO_LIMITS: KeyLimits = {
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetDailyMicros: null,
  budgetMonthlyMicros: null,
};

/** What counts for its calls where a call says nothing. A product says what may stand in it, and reads it. */
export type KeyDefaults = Readonly<Record<string, unknown>>;

/** Personal: its maker's, who may do what it does, and it ends with their membership. Service: the organization's. */
export type KeyKind = "personal" | "service";

export type ApiKey = {
  id: KeyId;
  publicId: string;
  name: string;
  kind: KeyKind;
  mode: KeyMode;
  createdBy: UserId;
  /** Its maker's when it was made. */
  role: Role;
  scopes: readonly Scope[];
  /** Granted and not used for 30 days. */
  unusedScopes: readonly Scope[];
  allowedCidrs: readonly string[];
  /** Of model calls; empty: all. */
  allowedModels: readonly string[];
  defaults: KeyDefaults;
  limits: KeyLimits;
  pausedAt: Date | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
};

/** The hashes that a key answers to: its own, and until then the one before the last rotation. */
export type KeySecrets = { current: KeyHash; previous: (KeyHash & { until: Date }) | null };

export const UNUSED_AFTER_MS = 30 * 86_400_000;
