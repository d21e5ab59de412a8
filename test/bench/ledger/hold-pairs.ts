/** Hold and settle pairs a second on one account: batched, and with a transaction per call as the baseline. */
import { systemClock } from "../../../server/platform/clock.ts";
import { withTx, type Db } from "../../../server/platform/db/index.ts";
import { newId, type HoldId, type OrgId } from "../../../server/platform/ids.ts";
import {
  applyBatch,
  createHoldBatcher,
  grant,
  verify,
  type HoldRequest,
  type Settlement,
} from "../../../server/kernel/ledger/index.ts";

export type HoldBench = {
  pairsPerSecond: number;
  /** One transaction per hold and per settlement, same account: the better of as many callers and of four. */
  singlePairsPerSecond: number;
  ratio: number;
  /** Of one hold, and of one settlement, in the batched run. */
  p50Ms: number;
  p99Ms: number;
  /** The books of the account still balance. */
  sound: boolean;
};

type Way = {
  hold(request: HoldRequest): Promise<boolean>;
  settle(settlement: Settlement): Promise<void>;
};

/** Fractional, so that each settlement carries a rest: 123.456 micro-credits. */
const COST_ATTO = 1_234_560_000_000n;

/** Callers at which single transactions, queueing for the same row, were fastest. */
const FEW = 4;

/** Runs for about three times `seconds`. */
export async function benchHolds(options: {
  db: Db;
  seconds: number;
  concurrency: number;
}): Promise<HoldBench> {
  const { db, seconds, concurrency } = options;
  const org = newId("org");
  const amount = 10n ** 16n;
  const wanted = { mode: "test", unit: "credit", kind: "gift", amount, reference: newId("pay") } as const;
  await withTx(db, org, (tx) => grant(tx, org, [wanted], new Date()));

  const singles: number[] = [];
  for (const callers of new Set([concurrency, Math.min(concurrency, FEW)])) {
    singles.push((await measure(oneByOne(db, org), Math.max(1, seconds / 2), callers)).perSecond);
  }
  const single = Math.max(...singles);
  const batcher = batched(db, org);
  await measure(batcher, Math.min(1, seconds / 4), concurrency);
  const run = await measure(batcher, seconds, concurrency);
  const { ok } = await withTx(db, org, (tx) => verify(tx, org));
  return {
    pairsPerSecond: run.perSecond,
    singlePairsPerSecond: single,
    ratio: run.perSecond / single,
    p50Ms: run.percentile(0.5),
    p99Ms: run.percentile(0.99),
    sound: ok,
  };
}

function batched(db: Db, org: OrgId): Way {
  const alongside = { held: async () => {}, settled: async () => {} };
  const batcher = createHoldBatcher<null, null>(db, { now: systemClock, alongside });
  return {
    hold: async (request) => (await batcher.hold(org, request, null)).held,
    settle: async (settlement) => void (await batcher.settle(org, settlement, null)),
  };
}

function oneByOne(db: Db, org: OrgId): Way {
  return {
    hold: (request) =>
      withTx(db, org, async (tx) => {
        const { held } = await applyBatch(tx, org, { settle: [], hold: [request] }, new Date());
        return held[0]?.held ?? false;
      }),
    settle: (settlement) =>
      withTx(db, org, async (tx) => {
        await applyBatch(tx, org, { settle: [settlement], hold: [] }, new Date());
      }),
  };
}

async function measure(way: Way, seconds: number, concurrency: number) {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const latencies: number[] = [];
  let pairs = 0;
  const timed = async <T>(act: Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await act;
    latencies.push(performance.now() - from);
    return result;
  };
  const caller = async () => {
    while (performance.now() < endsAt) {
      const request = holdRequest();
      if (!(await timed(way.hold(request)))) throw new Error("the bench account ran dry");
      await timed(way.settle(settlementOf(request.id)));
      pairs += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const perSecond = pairs / ((performance.now() - startedAt) / 1_000);
  latencies.sort((a, b) => a - b);
  return { perSecond, percentile: (p: number) => latencies[Math.floor(latencies.length * p)] ?? 0 };
}

function holdRequest(): HoldRequest {
  const deadlineAt = new Date(Date.now() + 90_000);
  return { id: newId("hold"), mode: "test", unit: "credit", owner: "bench", amount: 1_000n, deadlineAt };
}

function settlementOf(holdId: HoldId): Settlement {
  return { holdId, amountAtto: COST_ATTO, basis: "reported", excess: "available" };
}
