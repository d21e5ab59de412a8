/** The mixed load: every party buys credits and calls models at once, whatever the weather, until told to stop. */
import { buy, type Purchases } from "./buy.ts";
import { callModel, type Calls } from "./call-model.ts";
import type { Party } from "./people.ts";
import type { Product } from "./product.ts";
import type { Random } from "./random.ts";

/** What the clients saw: the witness beside the sandbox's books. */
export type Witness = { purchases: Purchases; calls: Calls };

export type Load = {
  readonly witness: Witness;
  /** Begins nothing new; resolves when all that was begun has ended for its client. */
  stop(): Promise<void>;
};

export type LoadOptions = {
  parties: readonly Party[];
  /** Purchases and calls that each party has under way at once. */
  buyers: number;
  callers: number;
  random: Random;
};

export function startLoad(product: Product, { parties, buyers, callers, random }: LoadOptions): Load {
  const witness: Witness = {
    purchases: { begun: 0, paid: new Map(), abandoned: 0, refusals: new Map() },
    calls: { begun: 0, complete: [], outcomes: new Map(), silentCuts: [] },
  };
  const stopping = new AbortController();
  const actors = parties.flatMap((party, at) => [
    ...Array.from({ length: buyers }, (_, n) =>
      buyForever(product, party, witness, random.fork(`buyer-${at}-${n}`), stopping.signal),
    ),
    ...Array.from({ length: callers }, (_, n) =>
      callForever(product, party, witness, random.fork(`caller-${at}-${n}`), stopping.signal),
    ),
  ]);
  const done = Promise.all(actors);
  // A driver that fails must end the run at once, not when the load is stopped.
  done.catch((error: unknown) => {
    process.stderr.write(`the load failed: ${String((error as Error).stack)}\n`);
    process.exit(1);
  });
  return {
    witness,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

async function buyForever(
  product: Product,
  party: Party,
  witness: Witness,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) await buy(product, party, witness.purchases, random, signal);
}

async function callForever(
  product: Product,
  party: Party,
  witness: Witness,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) await callModel(product, party, witness.calls, random, signal);
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
