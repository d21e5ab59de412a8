import { useSyncExternalStore } from "react";
import {
  formatCredits,
  formatExact,
  formatMicros,
  formatMoney,
  formatRelative,
  formatUnit,
  shortenId,
} from "../lib/format.ts";
import { cx } from "./class-names.ts";
import { CopyIcon } from "./copy.tsx";

/** Credits, with the exact micro-credits on hover. */
export function Credits({ micros, unit, signed }: { micros: number; unit?: boolean; signed?: boolean }) {
  return (
    <span className="num" title={formatMicros(micros)}>
      {signed && micros > 0 && "+"}
      {formatCredits(micros)}
      {unit && " credits"}
    </span>
  );
}

export function Money({ minor, currency }: { minor: number; currency: string }) {
  return <span className="num">{formatMoney(minor, currency)}</span>;
}

/** An amount of a ledger account, green when it comes in. */
export function Amount({ amount, unit, signed }: { amount: number; unit: string; signed?: boolean }) {
  return (
    <span
      className={cx("num", signed && amount > 0 && "text-ok")}
      title={unit === "credit" ? formatMicros(amount) : `${amount} minor units`}
    >
      {signed && amount > 0 && "+"}
      {formatUnit(amount, unit)}
    </span>
  );
}

// One clock for every relative time on the page.
const TICK_MS = 10_000;
let nowMs = Date.now();
const readers = new Set<() => void>();
setInterval(() => {
  nowMs = Date.now();
  for (const reader of readers) reader();
}, TICK_MS);
const subscribe = (reader: () => void) => {
  readers.add(reader);
  return () => void readers.delete(reader);
};

/** `3 min. ago`, with the exact instant as its title. */
export function Time({ at }: { at: string | null | undefined }) {
  const now = useSyncExternalStore(subscribe, () => nowMs);
  if (!at) return <span className="text-text-3">–</span>;
  // The shared clock lags by up to its tick: what happened since is "just now", not the future.
  const ahead = Date.parse(at) - now;
  const shown = ahead > 0 && ahead <= TICK_MS ? now + ahead : now;
  return (
    <time dateTime={at} title={formatExact(at)} className="num">
      {formatRelative(at, shown)}
    </time>
  );
}

/** An id, shortened, with the whole of it to copy. */
export function Id({ id, full }: { id: string; full?: boolean }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code title={id} className="truncate font-mono text-xs text-text-2">
        {full ? id : shortenId(id)}
      </code>
      <CopyIcon text={id} label="Copy id" />
    </span>
  );
}
