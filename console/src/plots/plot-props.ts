import type { DayRow } from "../lib/series.ts";

export type PlotProps = {
  kind: "bars" | "line";
  /** What the plot shows, for screen readers. */
  label: string;
  rows: readonly DayRow[];
  series: readonly string[];
  format(value: number): string;
  /** Ticks of the value axis; short. */
  formatAxis?(value: number): string;
  /** What stands below a row; its UTC day unless told. */
  formatRow?(at: string): string;
  /** What a row is, for the table of those who cannot see the plot. */
  rowName?: string;
};

export const plotColor = (index: number): string => `var(--plot-${(index % 6) + 1})`;
