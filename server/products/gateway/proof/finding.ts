/** What the proof finds. Pure. */
export const BREAK_KINDS = [
  /** Attempts say that a call was paid; the ledger took nothing. */
  "ledger_missing",
  /** The ledger took something that no attempt tells of. */
  "attempt_missing",
  /** Both tell of the call, and differ. */
  "ledger_amount",
  /** The provider's figure is another than what we know of. */
  "provider_amount",
  /** The provider's books do not know a call that we were told the bill of. */
  "provider_missing",
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];
export const LEDGER_KINDS: readonly BreakKind[] = ["ledger_missing", "attempt_missing", "ledger_amount"];
export const PROVIDER_KINDS: readonly BreakKind[] = ["provider_amount", "provider_missing"];

export type Mode = "test" | "live";

/** One organization's or provider's day. Amounts in 10⁻¹⁸ USD. */
export type Finding = {
  mode: Mode;
  kind: BreakKind;
  subject: string;
  amountAtto: bigint;
  oursAtto: bigint;
  theirsAtto: bigint;
  calls: number;
  /** Of the calls, some. */
  examples: string[];
};

/** Both sides of a day. */
export type Sides = {
  mode: Mode;
  side: string;
  source: "ledger" | "activity" | "generations" | "none";
  calls: bigint;
  checked: bigint;
  oursAtto: bigint;
  theirsAtto: bigint | null;
};

const MOST_EXAMPLES = 20;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** One finding per mode, kind and subject out of those of single calls. */
export function gather(found: readonly Finding[]): Finding[] {
  const all = new Map<string, Finding>();
  for (const each of found) {
    const key = `${each.mode} ${each.kind} ${each.subject}`;
    const known = all.get(key);
    if (!known) {
      all.set(key, { ...each });
      continue;
    }
    known.amountAtto += each.amountAtto;
    known.oursAtto += each.oursAtto;
    known.theirsAtto += each.theirsAtto;
    known.calls += each.calls;
    known.examples = [...known.examples, ...each.examples].slice(0, MOST_EXAMPLES);
  }
  return [...all.values()];
}

/** Of one call. */
export const ofCall = (
  where: Pick<Finding, "mode" | "kind" | "subject">,
  { oursAtto, theirsAtto, id }: { oursAtto: bigint; theirsAtto: bigint; id: string },
): Finding => ({
  ...where,
  oursAtto,
  theirsAtto,
  amountAtto: abs(oursAtto - theirsAtto),
  calls: 1,
  examples: [id],
});

/**
 * How far a provider's figure of a day may be from ours: calls about midnight may lie on either day there, and an estimate
 * is allowed half a per cent. Never less than one micro-credit, since figures arrive as floating numbers.
 */
export function allowance({
  aboutMidnightAtto,
  estimatedAtto,
}: Record<"aboutMidnightAtto" | "estimatedAtto", bigint>): bigint {
  return aboutMidnightAtto + estimatedAtto / 200n + 10n ** 10n;
}

export const differs = (ours: bigint, theirs: bigint, allowed: bigint): boolean =>
  abs(ours - theirs) > allowed;
