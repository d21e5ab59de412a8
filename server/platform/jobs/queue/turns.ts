/** Who is next, decided from what the queue tells. Pure. */
import type { OrgId } from "../../ids.ts";
import type { Defined, Priority } from "../kind.ts";
import type { Claimed, Running, Turn } from "./queue-store.ts";

/** How much a process and the kinds have room for, counted down with each pick. */
export class Room {
  /** Jobs that this process can still take. */
  free: number;
  readonly #kinds: ReadonlyMap<string, Defined>;
  readonly #byKind = new Map<string, number>();
  readonly #byKindAndOrg = new Map<string, number>();
  readonly #here: Map<OrgId, number>;

  /** `here`: jobs of each organization that this process runs; `running`: those of every process. */
  constructor(
    free: number,
    kinds: ReadonlyMap<string, Defined>,
    here: ReadonlyMap<OrgId, number>,
    running: readonly Running[],
  ) {
    this.free = free;
    this.#kinds = kinds;
    this.#here = new Map(here);
    for (const { kind, org, running: count } of running) {
      this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + count);
      this.#byKindAndOrg.set(`${kind} ${org}`, count);
    }
  }

  /** Kinds that may run once more somewhere. */
  openKinds(): string[] {
    return [...this.#kinds.values()]
      .filter(({ kind, atOnce }) => (this.#byKind.get(kind) ?? 0) < atOnce)
      .map(({ kind }) => kind);
  }

  /**
   * An organization may run as many jobs here as places are still free: one alone gets half of them, the next half of the
   * rest, and however long the jobs of a few take, a newcomer finds a place.
   */
  isOpenTo(org: OrgId): boolean {
    return (this.#here.get(org) ?? 0) < this.free;
  }

  get busyOrgs(): number {
    return this.#here.size;
  }

  /** Takes a place for the job if there is one. */
  take({ kind, org }: Pick<Claimed, "kind" | "org">): boolean {
    const defined = this.#kinds.get(kind);
    const key = `${kind} ${org}`;
    const all = this.#byKind.get(kind) ?? 0;
    const own = this.#byKindAndOrg.get(key) ?? 0;
    if (!defined || all >= defined.atOnce || own >= defined.atOncePerOrg || !this.isOpenTo(org)) return false;
    this.#byKind.set(kind, all + 1);
    this.#byKindAndOrg.set(key, own + 1);
    this.#here.set(org, (this.#here.get(org) ?? 0) + 1);
    this.free -= 1;
    return true;
  }
}

/** One job of each organization in the order of the turns, then each one's second, until `most` have found room. */
export function pick(
  turns: readonly Turn[],
  candidates: readonly Claimed[],
  room: Room,
  most: number,
): Claimed[] {
  const queues = turns.map(({ org }) => candidates.filter((job) => job.org === org));
  const picked: Claimed[] = [];
  for (let round = 0; queues.some((queue) => round < queue.length); round += 1)
    for (const queue of queues) {
      const job = queue[round];
      if (!job) continue;
      if (picked.length >= most) return picked;
      if (room.take(job)) picked.push(job);
    }
  return picked;
}

/**
 * Of the places that are free, half go to the most urgent work there is and half to whose turn it is, whatever its
 * urgency: urgent work never queues behind bulk, and bulk never starves. A single place goes to each in turn.
 */
export function shares(free: number, claims: number): { urgent: number; turn: number } {
  const urgent = claims % 2 === 0 ? Math.ceil(free / 2) : Math.floor(free / 2);
  return { urgent, turn: free - urgent };
}

export type Pairs = { kinds: string[]; priorities: Priority[] };

/** The pairs of kind and priority that may be claimed, of one priority when given. */
export function openPairs(waiting: Pairs, open: readonly string[], priority: Priority | null): Pairs {
  const kept = waiting.kinds
    .map((kind, i) => ({ kind, priority: waiting.priorities[i] as Priority }))
    .filter((pair) => open.includes(pair.kind) && (priority === null || pair.priority === priority));
  return { kinds: kept.map(({ kind }) => kind), priorities: kept.map((pair) => pair.priority) };
}
