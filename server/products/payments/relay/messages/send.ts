import { addMs } from "../../../../platform/clock.ts";
import { withTx } from "../../../../platform/db/index.ts";
import { FAILING_MS, nextAttemptAt } from "./schedule.ts";
import type { RelayDeps } from "../deps.ts";
import { disable } from "../endpoints/disable.ts";
import { placeOf, type Endpoint, type SealedSecrets } from "../endpoints/endpoint.ts";
import { lockEndpoint, updateEndpoint } from "../endpoints/endpoint-store.ts";
import type { Outcome, Post } from "./post.ts";
import {
  claimMessage,
  countSending,
  finishMessage,
  insertAttempt,
  type Claimed,
  type Due,
} from "./queue-store.ts";
import { failWaiting } from "./message-store.ts";
import { signedHeaders } from "./sign.ts";

/** Messages of one endpoint that are sent at once, over all processes. */
export const AT_ONCE_PER_ENDPOINT = 4;
/** Longer than any attempt. */
const LEASE_MS = 120_000;
const GONE = 410;

export type Sending = { due: Due; url: string; secrets: string[]; claimed: Claimed };

/** Takes a message to send. `busy`: its endpoint sends as many as it may; null: nothing to do. */
export function claim(deps: RelayDeps, due: Due): Promise<Sending | "busy" | null> {
  return withTx(deps.db, due.orgId, async (tx) => {
    const now = deps.clock.now();
    const endpoint = await lockEndpoint(tx, due.orgId, due.endpointId);
    if (!endpoint?.enabled) {
      await failWaiting(tx, due.orgId, due.endpointId, now);
      return null;
    }
    if ((await countSending(tx, due.orgId, due.endpointId, now)) >= AT_ONCE_PER_ENDPOINT) return "busy";
    const { ordered } = endpoint;
    const claimed = await claimMessage(tx, due, { now, leaseUntil: addMs(now, LEASE_MS), ordered });
    return claimed && { due, url: endpoint.url, secrets: openSecrets(deps, endpoint, now), claimed };
  });
}

/** Newest first: what signs now, and what did until a rotation less than a day ago. */
function openSecrets({ sealer }: RelayDeps, endpoint: Endpoint & SealedSecrets, now: Date): string[] {
  const open = (sealed: Buffer) => sealer.open(sealed, placeOf(endpoint.id)).toString();
  const { secret, previousSecret, previousUntil } = endpoint;
  const old = previousSecret && previousUntil && previousUntil > now ? [open(previousSecret)] : [];
  return [open(secret), ...old];
}

/** One attempt, with no transaction open, and what came of it. Interrupted by `signal`, it goes back uncounted. */
export async function send(
  deps: RelayDeps,
  post: Post,
  sending: Sending,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { claimed, secrets, url } = sending;
  const headers = signedHeaders({ id: claimed.eventId, at: deps.clock.now(), body: claimed.body }, secrets);
  let outcome: Outcome;
  try {
    outcome = await post(url, { headers, body: claimed.body }, signal);
  } catch {
    await handBack(deps, sending);
    return null;
  }
  await settle(deps, sending, outcome);
  return outcome;
}

function handBack(deps: RelayDeps, { due, claimed }: Sending): Promise<unknown> {
  const { attempts, tries } = claimed;
  const dueAt = deps.clock.now();
  return withTx(deps.db, due.orgId, (tx) =>
    finishMessage(tx, due, { tries, attempts, state: "pending", dueAt, status: null, finishedAt: null }),
  );
}

function settle(deps: RelayDeps, { due, claimed }: Sending, outcome: Outcome): Promise<void> {
  const { retryAfterMs, ...told } = outcome;
  return withTx(deps.db, due.orgId, async (tx) => {
    const now = deps.clock.now();
    const endpoint = await lockEndpoint(tx, due.orgId, due.endpointId);
    const attempts = claimed.attempts + 1;
    const isDelivered = outcome.error === null;
    const nextAt =
      isDelivered || !endpoint?.enabled
        ? null
        : nextAttemptAt(now, attempts, { retryAfterMs, random: Math.random() });
    const kept = await finishMessage(tx, due, {
      tries: claimed.tries,
      attempts,
      state: isDelivered ? "delivered" : nextAt ? "pending" : "failed",
      dueAt: nextAt ?? now,
      status: outcome.status,
      finishedAt: nextAt ? null : now,
    });
    if (!kept) return;
    await insertAttempt(tx, due, { number: claimed.tries, ...told });
    if (!endpoint?.enabled) return;
    const failingSince = isDelivered ? null : (endpoint.failingSince ?? now);
    const isGone = outcome.status === GONE;
    if (isGone || (failingSince && now.getTime() - failingSince.getTime() >= FAILING_MS))
      await disable(tx, deps, { ...endpoint, failingSince }, isGone ? "gone" : "failing");
    else if (failingSince?.getTime() !== endpoint.failingSince?.getTime())
      await updateEndpoint(tx, { ...endpoint, failingSince });
  });
}
