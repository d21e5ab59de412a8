import type { Actor } from "../../../platform/http/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";

/** A signed-in person who changes credentials of their own. */
export type Owner = {
  userId: UserId;
  /** Whose audit trail tells of it. */
  orgId: OrgId;
  /** The browser session that asks; null for another credential, whose secret does not rotate. */
  sessionId: Id<"ses"> | null;
};

export function ownerOf({ userId, orgId, kind, credentialId }: Actor): Owner {
  assert(userId, "only people reach operations without a scope");
  return { userId, orgId, sessionId: kind === "session" ? (credentialId as Id<"ses">) : null };
}
