import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Authenticate } from "../../platform/http/index.ts";
import type { Logger } from "../../platform/telemetry/index.ts";
import type { IdentityConfig } from "../identity/index.ts";
import type { TenancyConfig } from "./config.ts";

export type AuthenticateDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  config: TenancyConfig & IdentityConfig;
};

export type Authenticator = Authenticate & {
  /** Drops what is remembered of a session or key, so that this process asks the database again. */
  forget(credentialId: string): void;
  /** Resolves when the pending writes of "last used" are done; call before the database closes. */
  settled(): Promise<void>;
};

/** Resolves cookies and API keys to actors. */
export function createAuthenticate(_deps: AuthenticateDeps): Authenticator {
  throw new Error("being built");
}
