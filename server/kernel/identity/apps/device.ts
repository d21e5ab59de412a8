import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem, type ProblemKind } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Origin } from "../sessions/open-session.ts";
import type { Session } from "../sessions/session.ts";
import { tokenSetOf, type TokenSet } from "../tokens/token-set.ts";
import { scopesFor } from "./client.ts";
import { findClient } from "./client-store.ts";
import { openGrant } from "./consent.ts";
import {
  type DeviceCode,
  insertDeviceCode,
  lockDeviceCode,
  spendDeviceCode,
  updatePolled,
} from "./device-store.ts";
import { oauthProblems } from "./problems.ts";
import { endStolen } from "./redeem.ts";
import { newUserCode } from "./user-code.ts";

const LIVES_SECONDS = 600;
const INTERVAL_SECONDS = 5;
const SLOWER_BY_SECONDS = 5;
const MAX_AGENT = 300;

export type DeviceAnswer = {
  deviceCode: string;
  userCode: string;
  expiresIn: number;
  interval: number;
};

/** A device without a browser asks to be let in: what it polls with, and what its person types elsewhere. */
export function startDevice(
  { db, clock }: Pick<IdentityDeps, "db" | "clock">,
  asked: { clientId: string; scope?: string | undefined },
  { ip, userAgent }: Origin,
): Promise<DeviceAnswer> {
  return withSystemTx(db, async (tx) => {
    const client = await findClient(tx, asked.clientId);
    if (!client) throw new Problem(oauthProblems.invalid_client);
    const scopes = scopesFor(client, asked.scope);
    if (!scopes) throw new Problem(oauthProblems.invalid_scope);
    const now = clock.now();
    const deviceCode = newToken();
    const userCode = newUserCode();
    const code = {
      id: newId("dvc"),
      clientId: client.id,
      scopes,
      deviceCodeHash: hashToken(deviceCode),
      userCodeHash: hashToken(userCode),
      ip,
      userAgent: (userAgent ?? "").slice(0, MAX_AGENT),
      intervalSeconds: INTERVAL_SECONDS,
      expiresAt: addMs(now, LIVES_SECONDS * 1000),
    };
    await insertDeviceCode(tx, code, now);
    return { deviceCode, userCode, expiresIn: LIVES_SECONDS, interval: INTERVAL_SECONDS };
  });
}

type Granted = { session: Session; refreshToken: string };

/** A device asks whether it was let in. Throws RFC 8628's errors until it was; then answers once. */
export async function pollDevice(
  deps: IdentityDeps,
  { clientId, deviceCode }: { clientId: string; deviceCode: string },
  origin: Origin,
): Promise<TokenSet> {
  const answer = await withSystemTx(deps.db, async (tx) => {
    const code = await lockDeviceCode(tx, hashToken(deviceCode));
    if (code?.clientId !== clientId) return oauthProblems.invalid_grant;
    return answerPoll(tx, deps, code, origin);
  });
  // Thrown out here, so that what a poll changes is committed.
  if ("code" in answer) throw new Problem(answer);
  return tokenSetOf(deps, answer.session, answer.refreshToken);
}

async function answerPoll(
  tx: Tx,
  deps: IdentityDeps,
  code: DeviceCode,
  origin: Origin,
): Promise<Granted | ProblemKind> {
  const now = deps.clock.now();
  if (code.spentAt) {
    if (code.consent) await endStolen(tx, deps, code.consent.userId, code.sessionId);
    return oauthProblems.invalid_grant;
  }
  if (code.expiresAt <= now) return oauthProblems.expired_token;
  if (!code.decidedAt) {
    const early = code.polledAt !== null && now < addMs(code.polledAt, code.intervalSeconds * 1000);
    await updatePolled(tx, code.id, code.intervalSeconds + (early ? SLOWER_BY_SECONDS : 0), now);
    return early ? oauthProblems.slow_down : oauthProblems.authorization_pending;
  }
  const client = code.consent && (await findClient(tx, code.clientId));
  if (!code.consent || !client) return oauthProblems.access_denied;
  const granted = await openGrant(tx, deps, client, code.consent, code.scopes, origin);
  await spendDeviceCode(tx, code.id, granted.session.id, now);
  return granted;
}
