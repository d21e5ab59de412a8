import { useNavigate } from "@tanstack/react-router";
import { X } from "lucide-react";
import type { LedgerFilter } from "../../api/operations.ts";
import { Button } from "../../ui/button.tsx";
import { FilterDay, FilterSelect } from "../../ui/field.tsx";
import { kindName, unitName } from "./entries.ts";

/** As it stands in the address; days are UTC, the last one included. */
export type LedgerSearch = { unit?: string; kind?: string; from?: string; to?: string };

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const KINDS = [
  { value: "hold", label: "Holds" },
  { value: "capture", label: "Captures" },
  { value: "release", label: "Releases" },
  { value: "grant", label: "Grants" },
  { value: "adjustment", label: "Adjustments" },
  { value: "payment.captured", label: "Payments" },
  { value: "payment.fee", label: "Fees" },
  { value: "payment.refunded", label: "Refunds" },
  { value: "payment.declined", label: "Declined" },
  { value: "recurring.started", label: "MRR started" },
  { value: "recurring.ended", label: "MRR ended" },
  { value: "reversal", label: "Reversals" },
] as const;

/** Days of the address, the last one included, as the instants that the API takes. */
export function readFilter({ unit, kind, from, to }: LedgerSearch): LedgerFilter {
  return {
    unit,
    kind,
    from: from && DAY.test(from) ? `${from}T00:00:00Z` : undefined,
    to: to && DAY.test(to) ? new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString() : undefined,
  };
}

export function LedgerFilters({ search, units }: { search: LedgerSearch; units: readonly string[] }) {
  const navigate = useNavigate();
  const { unit, kind, from, to } = search;
  const change = (next: LedgerSearch) =>
    void navigate({
      to: "/ledger",
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)),
      replace: true,
    });
  const known = KINDS.some(({ value }) => value === kind);
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
      <FilterSelect
        label="Kind"
        value={kind ?? ""}
        onChange={(event) => change({ kind: event.currentTarget.value })}
      >
        <option value="">Every kind</option>
        {kind && !known && <option value={kind}>{kindName(kind)}</option>}
        {KINDS.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </FilterSelect>
      <FilterSelect
        label="Unit"
        value={unit ?? ""}
        onChange={(event) => change({ unit: event.currentTarget.value })}
      >
        <option value="">Every unit</option>
        {[...new Set([...units, ...(unit ? [unit] : [])])].toSorted().map((each) => (
          <option key={each} value={each}>
            {unitName(each)}
          </option>
        ))}
      </FilterSelect>
      <FilterDay label="From day" value={from} max={to} onChange={(day) => change({ from: day })} />
      <span aria-hidden className="text-text-3">
        –
      </span>
      <FilterDay label="To day" value={to} min={from} onChange={(day) => change({ to: day })} />
      {Object.keys(search).length > 0 && (
        <Button
          size="sm"
          variant="ghost"
          icon={<X className="size-3.5" />}
          onClick={() => void navigate({ to: "/ledger", search: {}, replace: true })}
        >
          Clear
        </Button>
      )}
    </div>
  );
}
