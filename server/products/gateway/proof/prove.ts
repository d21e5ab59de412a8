import { withOperatorTx, withSystemTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { sumByProvider } from "./attempts-store.ts";
import { saveBreaks, settleBreaks } from "./breaks/store.ts";
import type { Day } from "./day.ts";
import {
  LEDGER_KINDS,
  PROVIDER_KINDS,
  type BreakKind,
  type Finding,
  type Mode,
  type Sides,
} from "./finding.ts";
import { proveLedger } from "./prove-ledger.ts";
import { proveProvider, unasked } from "./prove-provider.ts";
import { saveSides } from "./run-store.ts";

/**
 * Proves a UTC day that has ended: attempts beside the ledger, and beside each provider's own books. What does not agree is
 * a break; one that is not found again has ended. Throws when some provider's books could not be read, after all the others.
 */
export async function proveDay(gateway: Gateway, day: Day, signal: AbortSignal): Promise<void> {
  const { db } = gateway.deps;
  const { sides, found } = await proveLedger(db, day, signal);
  await keep(gateway, day, { sides, found, kinds: LEDGER_KINDS, subject: null });
  const failures: unknown[] = [];
  for (const provider of gateway.providers.values()) {
    signal.throwIfAborted();
    try {
      const proven = await proveProvider(db, day, provider, signal);
      await keep(gateway, day, {
        sides: [proven.sides],
        found: proven.found,
        kinds: PROVIDER_KINDS,
        subject: provider.id,
      });
    } catch (error) {
      failures.push(error);
    }
  }
  await keepUnasked(gateway, day);
  if (failures.length > 0) throw new AggregateError(failures, "not every provider's books could be read");
}

async function keep(
  { deps: { clock, db } }: Gateway,
  day: Day,
  proven: {
    sides: readonly Sides[];
    found: readonly Finding[];
    kinds: readonly BreakKind[];
    subject: string | null;
  },
): Promise<void> {
  await withSystemTx(db, async (tx) => {
    const now = clock.now();
    await saveBreaks(tx, day, proven.found, now);
    await settleBreaks(tx, day, proven, now);
    await saveSides(tx, day, proven.sides, now);
  });
}

/** Providers that are none of ours any more still served that day. */
async function keepUnasked({ deps: { clock, db }, providers }: Gateway, day: Day): Promise<void> {
  const sums = await withOperatorTx(db, (tx) => sumByProvider(tx, day));
  const gone = sums.filter(({ provider }) => !providers.has(provider));
  const mode: Mode = "live";
  await withSystemTx(db, (tx) =>
    saveSides(
      tx,
      day,
      gone.map((known) => unasked(known.provider, mode, known)),
      clock.now(),
    ),
  );
}
