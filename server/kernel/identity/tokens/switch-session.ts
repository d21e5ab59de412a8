import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import type { SignedIn } from "../sessions/complete-sign-in.ts";
import { moveSession } from "../sessions/rotate-session.ts";
import { lockSession, updateOrganization } from "../sessions/store.ts";
import { voidNewest } from "./store.ts";
import { mintRefreshToken, tokenSetOf } from "./token-set.ts";

/**
 * Moves a session to another organization, answered as a sign-in: a browser's under a new secret, one of tokens with a new
 * set, whose predecessors are void. An app stays where it was let in: 403. Null: it has ended.
 */
export async function switchSession(
  tx: Tx,
  deps: Pick<IdentityDeps, "accessTokens" | "clock" | "config">,
  sessionId: string,
  orgId: OrgId,
): Promise<SignedIn | null> {
  const session = await lockSession(tx, sessionId);
  if (!session) return null;
  if (session.kind === "app") throw new Problem(common.forbidden);
  const now = deps.clock.now();
  if (session.kind === "browser") {
    const opened = await moveSession(tx, sessionId, orgId, now);
    return opened && { kind: "session", opened };
  }
  await updateOrganization(tx, sessionId, orgId);
  const generation = await voidNewest(tx, sessionId, now);
  const refreshToken = await mintRefreshToken(tx, sessionId, generation + 1, now);
  return { kind: "tokens", tokens: await tokenSetOf(deps, { ...session, orgId }, refreshToken) };
}
