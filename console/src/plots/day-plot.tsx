import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCompact, formatDay } from "../lib/format.ts";
import { plotColor, type PlotProps } from "./plot-props.ts";

const TICK = { fill: "var(--text-3)", fontSize: 11 };

export default function DayPlot(props: PlotProps) {
  return (
    <figure className="h-full" aria-label={props.label}>
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height: 200 }}>
        {props.kind === "bars" ? barsOf(props) : lineOf(props)}
      </ResponsiveContainer>
      <DataTable {...props} />
    </figure>
  );
}

/** The axis is measured before its font may have come: what it lacks then is left beside it. */
const MARGIN = { right: 8, left: 14 };
const valueOf = (name: string) => (row: Record<string, number>) => row[name];

function barsOf(props: PlotProps) {
  return (
    <BarChart data={props.rows as object[]} margin={MARGIN} barCategoryGap="22%">
      {frameOf(props)}
      {props.series.map((name, index) => (
        <Bar
          key={name}
          dataKey={valueOf(name)}
          name={name}
          stackId="day"
          fill={plotColor(index)}
          maxBarSize={28}
          isAnimationActive={false}
        />
      ))}
    </BarChart>
  );
}

function lineOf(props: PlotProps) {
  return (
    <AreaChart data={props.rows as object[]} margin={MARGIN}>
      {frameOf(props)}
      {props.series.map((name, index) => (
        <Area
          key={name}
          dataKey={valueOf(name)}
          name={name}
          type="stepBefore"
          stroke={plotColor(index)}
          fill={plotColor(index)}
          fillOpacity={0.12}
          strokeWidth={1.75}
          isAnimationActive={false}
        />
      ))}
    </AreaChart>
  );
}

/** Grid, axes and the box under the pointer: the same for every plot. */
const frameOf = ({ kind, series, format, formatAxis = formatCompact, formatRow = formatDay }: PlotProps) => [
  <CartesianGrid key="grid" vertical={false} stroke="var(--line)" />,
  <XAxis
    key="x"
    dataKey="day"
    tickFormatter={formatRow}
    tick={TICK}
    tickLine={false}
    axisLine={{ stroke: "var(--line)" }}
    minTickGap={24}
  />,
  <YAxis
    key="y"
    tickFormatter={formatAxis}
    tick={TICK}
    tickLine={false}
    axisLine={false}
    width="auto"
    tickCount={5}
  />,
  <Tooltip
    key="tip"
    cursor={kind === "bars" ? { fill: "var(--hover)" } : { stroke: "var(--line-strong)" }}
    content={<Tip format={format} formatRow={formatRow} series={series} />}
    isAnimationActive={false}
  />,
];

type TipProps = {
  format(value: number): string;
  formatRow(at: string): string;
  series: readonly string[];
  active?: boolean;
  label?: string | number;
  payload?: readonly { payload?: Record<string, number> }[];
};

function Tip({ format, formatRow, series, active, label, payload }: TipProps) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  return (
    <div className="min-w-40 rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-float">
      <p className="mb-1 font-medium">{formatRow(String(label))}</p>
      {series.map((name, index) => (
        <p key={name} className="flex items-center gap-1.5 text-text-2">
          <span aria-hidden className="size-2 rounded-xs" style={{ background: plotColor(index) }} />
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <span className="num pl-3 text-text">{format(row[name] ?? 0)}</span>
        </p>
      ))}
    </div>
  );
}

/** The same figures for who cannot see the plot. */
function DataTable({
  label,
  rows,
  series,
  format,
  formatRow = formatDay,
  rowName = "Day",
}: Omit<PlotProps, "kind" | "formatAxis">) {
  return (
    <div className="sr-only">
      <table>
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{rowName}</th>
            {series.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.day}>
              <th scope="row">{formatRow(row.day)}</th>
              {series.map((name) => (
                <td key={name}>{format(Number(row[name] ?? 0))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
