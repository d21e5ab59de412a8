import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../../../platform/clock.ts";
import { withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { common, Problem } from "../../../platform/problem.ts";
import type { Announce } from "../announce.ts";
import { planBatch } from "./batch.ts";
import type { Gate, HoldRequest, HoldResult, Settlement, SettleResult } from "./hold.ts";
import { checkHold } from "./plan-hold.ts";
import { checkSettlement } from "./plan-settle.ts";

/**
 * Writes the caller's own rows in the transaction of the batch. No network; may run again after a rollback. What needs no
 * answer is best handed to `tx.last`.
 */
export type Alongside<H, S> = {
  /** Bounds of the caller's own on these holds, in their order; null, and no query, where there are none. */
  gate?(tx: Tx, org: OrgId, items: readonly H[]): Promise<Gate | null> | null;
  /** The items of the holds that were held; refused ones are left out. */
  held(tx: Tx, org: OrgId, items: H[]): Promise<void>;
  /** Every settlement's item with its result, errors and repeats (`first: false`) included. */
  settled(tx: Tx, org: OrgId, items: { item: S; result: SettleResult }[]): Promise<void>;
};

export type HoldBatcher<H, S> = {
  hold(org: OrgId, request: HoldRequest, item: H): Promise<HoldResult>;
  settle(org: OrgId, settlement: Settlement, item: S): Promise<SettleResult>;
  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void>;
};

export type BatcherOptions<H, S> = {
  now: Clock;
  alongside: Alongside<H, S>;
  /** Tells those outside of credits that run low. */
  announce?: Announce;
};

/** Calls in one commit. */
const MAX_BATCH = 256;
/** Calls waiting for one organization's commit; about a second's worth. Beyond it the answer is 503. */
const MAX_WAITING = 10_000;

type Waiting<Request, Item, Result> = {
  request: Request;
  item: Item;
  resolve(result: Result): void;
  reject(cause: unknown): void;
};
type Call<H, S> =
  | ({ kind: "hold" } & Waiting<HoldRequest, H, HoldResult>)
  | ({ kind: "settle" } & Waiting<Settlement, S, SettleResult>);

/**
 * Group commit: calls of one organization that arrive while its commit is in flight share the next one (at most 256); an
 * idle one commits at once. A promise resolves only after the commit. A batch that fails is redone call by call, so that
 * a fault fails only its own call; a lost database fails them all.
 */
export function createHoldBatcher<H, S>(db: Db, options: BatcherOptions<H, S>): HoldBatcher<H, S> {
  const queues = new Map<OrgId, Call<H, S>[]>();
  const running = new Set<Promise<void>>();
  // The loop outlives the call that started it, and must not keep that call's request context.
  const outside = new AsyncResource("ledger.batcher");

  const work = async (org: OrgId, queue: Call<H, S>[]): Promise<void> => {
    while (queue.length > 0) await commitNext(db, org, queue, options);
    queues.delete(org);
  };
  const enqueue = (org: OrgId, call: Call<H, S>): void => {
    const queue = queues.get(org);
    if (queue) {
      if (queue.length >= MAX_WAITING) call.reject(new Problem(common.overloaded, { retryAfter: 1 }));
      else queue.push(call);
      return;
    }
    const started = [call];
    queues.set(org, started);
    const loop = outside.runInAsyncScope(work, undefined, org, started);
    running.add(loop);
    void loop.finally(() => running.delete(loop));
  };

  return {
    async hold(org, request, item) {
      checkHold(request, options.now.now());
      return new Promise((resolve, reject) => enqueue(org, { kind: "hold", request, item, resolve, reject }));
    },
    async settle(org, settlement, item) {
      checkSettlement(settlement);
      return new Promise((resolve, reject) =>
        enqueue(org, { kind: "settle", request: settlement, item, resolve, reject }),
      );
    },
    async drain() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Never rejects: every call taken from the queue is answered. */
async function commitNext<H, S>(
  db: Db,
  org: OrgId,
  queue: Call<H, S>[],
  options: BatcherOptions<H, S>,
): Promise<void> {
  let calls: Call<H, S>[] = [];
  try {
    const answers = await withTx(db, org, (tx) => {
      // Taken once the transaction is open, so that calls arriving until then still share it. A rerun keeps its calls.
      if (calls.length === 0) calls = queue.splice(0, MAX_BATCH);
      return apply(tx, org, calls, options);
    });
    for (const answer of answers) answer();
  } catch (cause) {
    if (calls.length === 0) calls = queue.splice(0, MAX_BATCH);
    if (calls.length === 1 || (cause instanceof Problem && cause.kind === common.database_unavailable)) {
      for (const call of calls) call.reject(cause);
      return;
    }
    for (const call of calls) await commitNext(db, org, [call], options);
  }
}

/** Returns what to tell the callers once it is committed. */
async function apply<H, S>(
  tx: Tx,
  org: OrgId,
  calls: readonly Call<H, S>[],
  { now, alongside, announce }: BatcherOptions<H, S>,
): Promise<(() => void)[]> {
  const holds = calls.filter((call) => call.kind === "hold");
  const settles = calls.filter((call) => call.kind === "settle");
  const batch = { hold: holds.map(({ request }) => request), settle: settles.map(({ request }) => request) };
  const openGate = () =>
    alongside.gate?.(
      tx,
      org,
      holds.map(({ item }) => item),
    ) ?? null;
  const { held, settled, low, write } = await planBatch(tx, org, batch, now.now(), openGate);
  const answers: (() => void)[] = [];
  const kept: H[] = [];
  held.forEach((result, index) => {
    const call = holds[index]!;
    if (result.held) kept.push(call.item);
    answers.push(() => call.resolve(result));
  });
  const done = settled.map((result, index) => {
    const call = settles[index]!;
    answers.push(() => call.resolve(result));
    return { item: call.item, result };
  });
  if (low.length > 0) await announce?.(tx, org, low);
  tx.last(write());
  await Promise.all([
    kept.length > 0 && alongside.held(tx, org, kept),
    done.length > 0 && alongside.settled(tx, org, done),
  ]);
  return answers;
}
