import type { Report } from "../../api/types.ts";
import { Plot } from "../../plots/plot.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { unitName } from "../ledger/entries.ts";
import { columnName, drawnOf, formatFigure } from "./report-figures.ts";

/** One unit of a report over its time, or by its codes; nothing where nothing is to be drawn. */
export function ReportCourse({ report, unit }: { report: Report; unit: string }) {
  const drawn = drawnOf(report, unit);
  if (!drawn) return null;
  const { kind, column, series, rows, formatRow } = drawn;
  const format = (value: number) => formatFigure(column, unit, value);
  return (
    <Card>
      <CardHead title={`${columnName(column)}, ${unitName(unit)}`} />
      <Plot
        kind={kind}
        label={`${columnName(column)} in ${unitName(unit)}`}
        rows={rows}
        series={[series]}
        format={format}
        formatAxis={format}
        formatRow={formatRow}
        rowName={report.report === "failed-payments" ? "Code" : "Day"}
      />
    </Card>
  );
}
