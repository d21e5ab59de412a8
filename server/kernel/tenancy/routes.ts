import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import type { Http } from "../../platform/http/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import type { IdentityConfig } from "../identity/index.ts";
import type { TenancyConfig } from "./config.ts";

export type TenancyDeps = {
  db: Db;
  clock: Clock;
  hub: Pick<Hub, "publish">;
  config: TenancyConfig & IdentityConfig;
  /** Told after commit, so that this process refuses the credential at once. Others do within a second. */
  credentialChanged(credentialId: string): void;
};

/** Who am I, organizations, members, API keys. */
export function tenancyRoutes(_http: Http, _deps: TenancyDeps): void {}
