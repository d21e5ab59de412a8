import { addMs, type Clock } from "../../clock.ts";
import { withSystemTx, type Db, type Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";
import type { Defined, Priority } from "../kind.ts";
import {
  countRunning,
  holdJobs,
  listFirst,
  listRing,
  listWaiting,
  lockTurns,
  takeJobs,
  writeTurns,
  type Claimed,
  type Lane,
  type Turns,
} from "./queue-store.ts";
import { openPairs, pick, Room, shares, type Pairs } from "./turns.ts";

/** Rounds of a lane in one claim: more only when those whose turn it is have no room. */
const MAX_ROUNDS = 8;

export type ClaimRequest = {
  /** What this process knows to run. */
  kinds: ReadonlyMap<string, Defined>;
  /** Places that it has. */
  free: number;
  /** Jobs of each organization that it runs. */
  here: ReadonlyMap<OrgId, number>;
  /** Names the claim. */
  claim: string;
  leaseMs: number;
};

type Work = {
  tx: Tx;
  request: ClaimRequest;
  turns: Turns;
  room: Room;
  waiting: Pairs;
  leaseUntil: Date;
};

/**
 * Takes the jobs that are next: organizations take turns, half of the places go by urgency, bounds per kind hold over all
 * processes. What it costs depends on the organizations that wait, not on the number of their jobs.
 */
export async function claimJobs(
  { db, clock }: { db: Db; clock: Clock },
  request: ClaimRequest,
): Promise<Claimed[]> {
  return withSystemTx(db, async (tx) => {
    const [turns, running, waiting] = await Promise.all([
      lockTurns(tx),
      countRunning(tx),
      listWaiting(tx, [...request.kinds.keys()]),
    ]);
    if (waiting.kinds.length === 0) return [];
    const room = new Room(request.free, request.kinds, request.here, running);
    const leaseUntil = addMs(clock.now(), request.leaseMs);
    const work = { tx, request, turns, room, waiting, leaseUntil };
    const { urgent, turn } = shares(request.free, turns.claims);
    const taken: Claimed[] = [];
    for (const priority of new Set(waiting.priorities))
      taken.push(...(await serve(work, priority, urgent - taken.length)));
    taken.push(...(await serve(work, 0, turn + urgent - taken.length)));
    tx.last(writeTurns(tx, { ...turns, claims: turns.claims + 1 }));
    return taken;
  });
}

/** Goes round a lane from where it stood, until `most` jobs are taken or all its organizations have been asked. */
async function serve(work: Work, lane: Lane, most: number): Promise<Claimed[]> {
  const { tx, request, turns, room, waiting, leaseUntil } = work;
  const taken: Claimed[] = [];
  for (let round = 0; round < MAX_ROUNDS && taken.length < most; round += 1) {
    const pairs = openPairs(waiting, room.openKinds(), lane === 0 ? null : (lane as Priority));
    if (pairs.kinds.length === 0) break;
    const wanted = most - taken.length;
    const limit = wanted + room.busyOrgs;
    const ring = await listRing(tx, pairs, turns.after.get(lane) ?? "", limit);
    for (const { org, paused } of ring) if (paused) await holdJobs(tx, org, pairs);
    const next = ring.filter(({ org, paused }) => !paused && room.isOpenTo(org));
    const each = Math.ceil(wanted / Math.max(next.length, 1));
    const candidates = await listFirst(
      tx,
      pairs,
      next.map(({ org }) => org),
      each,
    );
    const picked = pick(next, candidates, room, wanted);
    const ids = picked.map(({ id }) => id);
    const won = ids.length > 0 ? await takeJobs(tx, ids, request.claim, leaseUntil) : new Set();
    taken.push(...picked.filter(({ id }) => won.has(id)));
    const last = each === 1 && picked.length === wanted ? picked.at(-1)?.org : ring.at(-1)?.org;
    if (last) turns.after.set(lane, last);
    if (ring.length < limit) break;
  }
  return taken;
}
