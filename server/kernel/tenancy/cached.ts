import type { Cache } from "../../platform/cache/index.ts";
import type { Db } from "../../platform/db/index.ts";

export type CachedDb = { db: Db; cache: Pick<Cache, "get" | "invalidate"> };

/**
 * Tags of what is cached about organizations and people are `kind:id`; these fall with others. `revocations` drop
 * `organization:…` and `user:…`: whoever changes one of them tells it there.
 */
export const CASCADES = {
  organization: ["users", "billing", "settings"],
  user: ["permissions", "profile"],
} as const;
