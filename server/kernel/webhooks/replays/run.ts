/** Replays of many events: chosen, looked at, run once, cancelled. Each act is in the trail. */
import { addMs } from "../../../platform/clock.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type Id } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { note } from "../endpoints/change.ts";
import type { EventFilter } from "../events/filter.ts";
import { webhookProblems } from "../problems.ts";
import { rehearseEvent } from "./rehearse-event.ts";
import { MAX_EVENTS, PER_SECOND, SAMPLES, type Diff, type ReplayDetail, type ReplayId } from "./replay.ts";
import {
  advanceReplay,
  cancelReplay,
  findReplay,
  insertReplay,
  listSampled,
  listWaiting,
  lockDueReplay,
  markQueued,
  requeue,
  saveSamples,
  startReplay,
} from "./store.ts";

export const PROGRESS_TOPIC = "replay.progress";
/** All that rehearsing the samples may take; those beyond are left out. */
const SAMPLES_MS = 20_000;
const LANES = 4;
const SECOND_MS = 1_000;

/**
 * Takes the finished events that match, the oldest 10,000, and rehearses 50 of them; nothing runs. A retry of the same
 * operation goes on from its row. 409 when none matches.
 */
export async function prepareReplay(
  deps: InboxDeps,
  filter: EventFilter,
  by: { actorId: string; operationId: Id<"idk">; asked: Record<string, string> },
): Promise<ReplayDetail> {
  const { db, clock } = deps;
  const id = await withSystemTx(db, async (tx): Promise<ReplayId> => {
    const known = await findReplay(tx, { operationId: by.operationId });
    if (known) return known.id;
    const replay = { id: newId("rpl"), filter: by.asked, now: clock.now(), ...by };
    const total = await insertReplay(tx, replay, filter, MAX_EVENTS);
    if (total === 0) throw new Problem(webhookProblems.nothing_to_replay);
    await note(deps, tx, by.actorId, "replay.prepared", replay.id, { filter: by.asked, total });
    return replay.id;
  });
  const samples = await rehearseSamples(deps, id);
  await withSystemTx(db, (tx) => saveSamples(tx, id, samples));
  return getReplay(deps, id);
}

async function rehearseSamples(deps: InboxDeps, id: ReplayId): Promise<Diff[]> {
  const events = await withSystemTx(deps.db, (tx) => listSampled(tx, id, SAMPLES));
  const signal = AbortSignal.timeout(SAMPLES_MS);
  const diffs: (Diff | undefined)[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < events.length && !signal.aborted; at = next++) {
      const event = events[at];
      if (event) diffs[at] = await rehearseEvent(deps, event, signal);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return diffs.filter((diff) => diff !== undefined);
}

export async function getReplay({ db }: Pick<InboxDeps, "db">, id: ReplayId): Promise<ReplayDetail> {
  const row = await withSystemTx(db, (tx) => findReplay(tx, { id }));
  if (!row) throw new Problem(common.not_found);
  return row;
}

/** Begins to run exactly what was chosen. 404 unknown, 409 `replay_started` for all but the first. */
export function runReplay(deps: InboxDeps, id: ReplayId, actorId: string): Promise<ReplayDetail> {
  return withSystemTx(deps.db, async (tx) => {
    const row = await found(tx, id);
    if (!(await startReplay(tx, id, deps.clock.now()))) throw new Problem(webhookProblems.replay_started);
    await note(deps, tx, actorId, "replay.started", id, { total: row.total });
    return found(tx, id);
  });
}

/** Stops a replay: what is in the queue by then ends as it does. 409 `replay_over` for one that is over. */
export function stopReplay(deps: InboxDeps, id: ReplayId, actorId: string): Promise<ReplayDetail> {
  return withSystemTx(deps.db, async (tx) => {
    await found(tx, id);
    if (!(await cancelReplay(tx, id, deps.clock.now()))) throw new Problem(webhookProblems.replay_over);
    await note(deps, tx, actorId, "replay.cancelled", id, {});
    const row = await found(tx, id);
    tx.afterCommit(() => deps.hub.publish(PROGRESS_TOPIC, null, { id }, id));
    return row;
  });
}

/** Queues the next 50 of each running replay that is due. True when any event was queued. */
export async function advanceReplays(deps: InboxDeps): Promise<boolean> {
  let queued = 0;
  for (;;) {
    const done = await withSystemTx(deps.db, (tx) => advanceOne(deps, tx));
    if (done === null) return queued > 0;
    queued += done;
  }
}

async function advanceOne(deps: InboxDeps, tx: Tx): Promise<number | null> {
  const now = deps.clock.now();
  const replay = await lockDueReplay(tx, now);
  if (!replay) return null;
  const { id } = replay;
  const taken = await listWaiting(tx, id, PER_SECOND);
  const queued = await requeue(tx, taken, id, now);
  await markQueued(tx, id, taken, queued);
  const progress = await advanceReplay(tx, id, addMs(now, SECOND_MS), now);
  tx.afterCommit(() => deps.hub.publish(PROGRESS_TOPIC, null, { id, ...progress }, id));
  return queued.length;
}

async function found(tx: Tx, id: ReplayId): Promise<ReplayDetail> {
  const row = await findReplay(tx, { id });
  if (!row) throw new Problem(common.not_found);
  return row;
}
