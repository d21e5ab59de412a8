import { useQuery } from "@tanstack/react-query";
import { ChartColumn } from "lucide-react";
import { queries } from "../../api/queries.ts";
import { formatCredits } from "../../lib/format.ts";
import { daysAgo, daysBetween, stackByDay } from "../../lib/series.ts";
import { Legend, Plot } from "../../plots/plot.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";

/** Credits spent per day, by model. */
export function SpendPlot({ days }: { days: number }) {
  const from = daysAgo(days - 1);
  const usage = useQuery(queries.usage("day,model", from));
  if (usage.error && !usage.data) return <Failure error={usage.error} onRetry={() => void usage.refetch()} />;
  if (!usage.data) return <Skeleton className="m-4 h-56" />;
  const points = usage.data.data.map(({ group, cost_micros }) => ({
    day: (group.day ?? "").slice(0, 10),
    series: group.model ?? "Unknown",
    value: cost_micros,
  }));
  if (!points.some(({ value }) => value > 0))
    return (
      <Empty icon={<ChartColumn className="size-5" />} title="No spend in this time">
        The first call in the playground will show up here.
      </Empty>
    );
  const { rows, series } = stackByDay(points, daysBetween(from, daysAgo(0)));
  return (
    <>
      <Plot
        kind="bars"
        label="Credits spent per day by model"
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
