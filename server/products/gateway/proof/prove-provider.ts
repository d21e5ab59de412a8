import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { parseAtto } from "../../../platform/money.ts";
import type { DayBooks, LanguageModels } from "../../../vendors/llm/index.ts";
import { listBilledCalls, sumByProvider, type ProviderSum } from "./attempts-store.ts";
import type { Day } from "./day.ts";
import { allowance, differs, gather, ofCall, type Finding, type Mode, type Sides } from "./finding.ts";

/** A call is dated here when it arrives, there when it is begun: so far apart at most. */
const APART_MS = 120_000;
/** Single calls that are asked for, of a day. */
const MOST_LOOKUPS = 500;
const AT_ONCE = 4;

export type Proven = { sides: Sides; found: Finding[] };
type Books = { mode: Mode; id: string; llm: LanguageModels };

/**
 * A provider's own figure of a day beside what we know of its bill: the whole day's where its books tell one, else those of
 * up to 500 single calls. Throws when its books cannot be read now.
 */
export async function proveProvider(
  db: Db,
  day: Day,
  provider: { id: string; llm: LanguageModels },
  signal: AbortSignal,
): Promise<Proven> {
  const books: Books = { ...provider, mode: provider.llm.live ? "live" : "test" };
  const known = await sumOf(db, day, provider.id);
  const told = await provider.llm.bookedOn(day.name, signal);
  if (told.state === "unavailable") throw new Error(`the books of ${provider.id} cannot be read`);
  if (told.state === "found") return byDay(db, day, books, { known, told: told.books });
  if (provider.llm.lookupPauses.length > 0) return byCalls(db, day, books, { known, signal });
  return { sides: sidesOf(books, known, { source: "none", checked: 0n, theirsAtto: null }), found: [] };
}

/** What we know of a provider that cannot be asked any more. */
export const unasked = (id: string, mode: Mode, known: ProviderSum): Sides => ({
  ...sidesOf({ id, mode }, known, { source: "none", checked: 0n, theirsAtto: null }),
});

const nothing = (provider: string): ProviderSum => ({ provider, calls: 0n, usd: "0", estimated_usd: "0" });

async function sumOf(db: Db, range: { from: Date; to: Date }, provider: string): Promise<ProviderSum> {
  const sums = await withOperatorTx(db, (tx) => sumByProvider(tx, range));
  return sums.find((row) => row.provider === provider) ?? nothing(provider);
}

function sidesOf(
  { id, mode }: { id: string; mode: Mode },
  known: ProviderSum,
  rest: Pick<Sides, "source" | "checked" | "theirsAtto">,
): Sides {
  return { mode, side: id, calls: known.calls, oursAtto: parseAtto(known.usd), ...rest };
}

async function byDay(
  db: Db,
  day: Day,
  { id, mode }: Books,
  { known, told }: { known: ProviderSum; told: DayBooks },
): Promise<Proven> {
  const edges = [
    { from: addMs(day.from, -APART_MS), to: day.from },
    { from: addMs(day.to, -APART_MS), to: day.to },
  ];
  let aboutMidnightAtto = 0n;
  for (const edge of edges) aboutMidnightAtto += parseAtto((await sumOf(db, edge, id)).usd);
  const allowed = allowance({ aboutMidnightAtto, estimatedAtto: parseAtto(known.estimated_usd) });
  const sides = sidesOf({ id, mode }, known, {
    source: "activity",
    checked: known.calls,
    theirsAtto: told.costAtto,
  });
  if (!differs(sides.oursAtto, told.costAtto, allowed)) return { sides, found: [] };
  const difference = ofCall(
    { mode, kind: "provider_amount", subject: id },
    { oursAtto: sides.oursAtto, theirsAtto: told.costAtto, id: "" },
  );
  return { sides, found: [{ ...difference, calls: Number(known.calls), examples: [] }] };
}

async function byCalls(
  db: Db,
  day: Day,
  { id, mode, llm }: Books,
  { known, signal }: { known: ProviderSum; signal: AbortSignal },
): Promise<Proven> {
  const calls = await withOperatorTx(db, (tx) => listBilledCalls(tx, day, id, MOST_LOOKUPS));
  const found: Finding[] = [];
  let [oursAtto, theirsAtto] = [0n, 0n];
  const rest = calls.values();
  const work = async () => {
    for (const call of rest) {
      signal.throwIfAborted();
      const lookup = await llm.generation(call.generation_id);
      if (lookup.state === "unavailable") throw new Error(`the books of ${id} cannot be read`);
      const ours = parseAtto(call.usd);
      const theirs = lookup.state === "found" ? (lookup.usage.costAtto ?? ours) : 0n;
      oursAtto += ours;
      theirsAtto += theirs;
      const kind = lookup.state === "found" ? "provider_amount" : "provider_missing";
      if (ours !== theirs)
        found.push(
          ofCall({ mode, kind, subject: id }, { oursAtto: ours, theirsAtto: theirs, id: call.request_id }),
        );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const checked = BigInt(calls.length);
  const sides = {
    mode,
    side: id,
    source: "generations" as const,
    calls: known.calls,
    checked,
    oursAtto,
    theirsAtto,
  };
  return { sides, found: gather(found) };
}
