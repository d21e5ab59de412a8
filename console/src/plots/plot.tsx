import { lazy, Suspense } from "react";
import { Skeleton } from "../ui/states.tsx";
import { plotColor, type PlotProps } from "./plot-props.ts";

// The plotting library is two thirds of the code: it is fetched when a plot is first shown.
const DayPlot = lazy(() => import("./day-plot.tsx"));

/** Figures by day, stacked bars or a line. */
export function Plot(props: PlotProps) {
  return (
    <div className="h-56 w-full px-2 pt-4 pb-2">
      <Suspense fallback={<Skeleton className="h-full w-full" />}>
        <DayPlot {...props} />
      </Suspense>
    </div>
  );
}

/** Names beside their colours. */
export function Legend({ series }: { series: readonly string[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 px-4 pb-3 text-xs text-text-2">
      {series.map((name, index) => (
        <li key={name} className="flex min-w-0 items-center gap-1.5">
          <span aria-hidden className="size-2 shrink-0 rounded-xs" style={{ background: plotColor(index) }} />
          <span className="truncate">{name}</span>
        </li>
      ))}
    </ul>
  );
}
