import type { IdentityConfig } from "../config.ts";
import { ownCookie, type OwnCookie } from "../cookie.ts";

export type SessionCookie = OwnCookie;

export const sessionCookie = (
  config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV" | "SESSION_HOURS">,
): SessionCookie => ownCookie(config, "session", config.SESSION_HOURS * 3600);
