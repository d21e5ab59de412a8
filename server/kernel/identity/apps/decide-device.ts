import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { type Actor, personIn } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Client } from "./client.ts";
import { findClient } from "./client-store.ts";
import { consentOf, noteDecision } from "./consent.ts";
import {
  decideDevice,
  findWaiting,
  insertMiss,
  listMisses,
  lockMisses,
  type Waiting,
} from "./device-store.ts";
import { oauthProblems } from "./problems.ts";
import { readUserCode } from "./user-code.ts";

/** Whoever guesses is stopped after that many wrong codes within that time. */
const MAX_MISSES = 10;
const MISSES_COUNT_MS = 10 * 60_000;

type Deps = Pick<IdentityDeps, "db" | "clock">;
export type WaitingDevice = { waiting: Waiting; client: Client };

/** The device that waits for this code; 404 when there is none, 429 after ten wrong codes. */
export function findDevice(deps: Deps, actor: Actor, typed: string): Promise<WaitingDevice> {
  return withCode(deps, personIn(actor), typed, async (_, found) => found);
}

/** Writes the person's word on the device that waits for this code. As above. */
export function decideOnDevice(
  deps: Deps,
  actor: Actor,
  { typed, approve }: { typed: string; approve: boolean },
): Promise<void> {
  return withCode(deps, personIn(actor), typed, async (tx, { waiting }) => {
    const consent = approve ? await consentOf(tx, actor) : null;
    if (!(await decideDevice(tx, waiting.id, consent, deps.clock.now())))
      throw new Problem(oauthProblems.user_code_unknown);
    await noteDecision(tx, deps, actor, { ...waiting, yes: approve });
  });
}

async function withCode<T>(
  { db, clock }: Deps,
  userId: UserId,
  typed: string,
  act: (tx: Tx, found: WaitingDevice) => Promise<T>,
): Promise<T> {
  const done = await withSystemTx(db, async (tx) => {
    const now = clock.now();
    await lockMisses(tx, userId);
    const misses = await listMisses(tx, userId, addMs(now, -MISSES_COUNT_MS), MAX_MISSES);
    const tenth = misses[MAX_MISSES - 1];
    if (tenth) {
      const retryAfter = Math.ceil((tenth.getTime() + MISSES_COUNT_MS - now.getTime()) / 1000);
      throw new Problem(common.rate_limited, { retryAfter });
    }
    const userCode = readUserCode(typed);
    const waiting = userCode && (await findWaiting(tx, hashToken(userCode), now));
    const client = waiting && (await findClient(tx, waiting.clientId));
    if (client) return { value: await act(tx, { waiting, client }) };
    await insertMiss(tx, userId, now);
    return null;
  });
  // Thrown out here, so that the miss is committed.
  if (!done) throw new Problem(oauthProblems.user_code_unknown);
  return done.value;
}
