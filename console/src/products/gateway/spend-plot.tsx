import { useQuery } from "@tanstack/react-query";
import { ChartColumn } from "lucide-react";
import { useState } from "react";
import { queries } from "../../api/queries.ts";
import type { UsageGroup } from "../../api/types.ts";
import { formatCredits, shortenId } from "../../lib/format.ts";
import { daysAgo, daysBetween, stackByDay } from "../../lib/series.ts";
import { Legend, Plot } from "../../plots/plot.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";

const SPENT_BY = [
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
  { value: "key", label: "Key" },
] as const;
type SpentBy = (typeof SPENT_BY)[number]["value"];

/** Credits spent per day, by model where nothing else is said. */
export function SpendPlot({ days, by = "model" }: { days: number; by?: SpentBy }) {
  const usage = useQuery(queries.usage(`day,${by}`, daysAgo(days - 1)));
  const keys = useQuery({ ...queries.apiKeys(), enabled: by === "key" });
  if (usage.error && !usage.data) return <Failure error={usage.error} onRetry={() => void usage.refetch()} />;
  if (!usage.data) return <Skeleton className="m-4 h-56" />;
  const names = new Map(keys.data?.data.map(({ id, name, prefix }) => [id, `${name} (${prefix}…)`]));
  const nameOf = (id: string) =>
    by === "key" ? (names.get(id) ?? (id.startsWith("key_") ? shortenId(id) : "Console")) : id;
  const points = pointsOf(usage.data.data, "cost_micros", by).map((point) => ({
    ...point,
    series: nameOf(point.series),
  }));
  if (!points.some(({ value }) => value > 0))
    return (
      <Empty icon={<ChartColumn className="size-5" />} title="No spend in this time">
        The first call in the playground will show up here.
      </Empty>
    );
  return <Bars label={`Credits spent per day by ${by}`} points={points} days={days} />;
}

export function SpendCard({ days }: { days: number }) {
  const [by, setBy] = useState<SpentBy>("model");
  return (
    <Card>
      <CardHead
        title={`Spend per day by ${by}`}
        note="Credits, by UTC day"
        actions={
          <FilterTabs label="Spend by" value={by} options={SPENT_BY} onChange={(next) => setBy(next)} />
        }
      />
      <SpendPlot days={days} by={by} />
    </Card>
  );
}

/** Credits saved per day, by model; nothing where nothing was. */
export function SavingsCard({ days }: { days: number }) {
  const usage = useQuery(queries.usage("day,model", daysAgo(days - 1)));
  const points = pointsOf(usage.data?.data ?? [], "saved_micros", "model").filter(({ value }) => value !== 0);
  if (points.length === 0) return null;
  return (
    <Card>
      <CardHead
        title="Saved per day by model"
        note="Credits, by the cache and by shorter prompts; below zero where a summary pays off later"
      />
      <Bars label="Credits saved per day by model" points={points} days={days} />
    </Card>
  );
}

type Point = { day: string; series: string; value: number };

const pointsOf = (rows: readonly UsageGroup[], of: "cost_micros" | "saved_micros", by: SpentBy): Point[] =>
  rows.map(({ group, ...sums }) => ({
    day: (group.day ?? "").slice(0, 10),
    series: group[by] ?? "Unknown",
    value: sums[of],
  }));

function Bars({ label, points, days }: { label: string; points: readonly Point[]; days: number }) {
  const { rows, series } = stackByDay(points, daysBetween(daysAgo(days - 1), daysAgo(0)));
  return (
    <>
      <Plot
        kind="bars"
        label={label}
        rows={rows}
        series={series}
        format={formatCredits}
        formatAxis={shortCredits}
      />
      <Legend series={series} />
    </>
  );
}

/** Micro-credits for an axis: `0.02`, `1.5`, `12k`. */
export function shortCredits(micros: number): string {
  const value = micros / 1_000_000;
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 2 }).format(value);
}
