import type { Clock } from "../../platform/clock.ts";
import type { Jobs } from "../../platform/jobs/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { AccessTokens, IdentityConfig } from "../identity/index.ts";
import type { Mail } from "../mail/index.ts";
import type { CachedDb } from "./cached.ts";
import type { TenancyConfig } from "./config.ts";
import type { Revocations } from "./revocations.ts";

export type TenancyDeps = CachedDb & {
  clock: Clock;
  hub: Pick<Hub, "publish">;
  config: TenancyConfig & IdentityConfig;
  accessTokens: AccessTokens;
  jobs: Pick<Jobs, "pause" | "resume">;
  mail: Pick<Mail, "send">;
  /** What a change leaves outdated is asked about again by every process, from the commit on. */
  revocations: Revocations;
};
