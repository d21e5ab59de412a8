import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { FileSpreadsheet, FileText } from "lucide-react";
import { booksQueries } from "../../api/books.ts";
import type { Report } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { daysAgo } from "../../lib/series.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { unitName } from "../ledger/entries.ts";
import { TIME_RANGES, timeRangeOf } from "../operator/time-range.ts";
import { ReportCourse } from "./report-course.tsx";
import { columnName, formatFigure, REPORTS } from "./report-figures.ts";

const route = getRouteApi("/app/reports");
type Name = Report["report"];
export type ReportsSearch = { report?: Name; days?: string };

/** Sums of a time over all organizations, as a table, a plot and files. */
export function ReportsScreen() {
  const { report: name = "revenue", days: asked } = route.useSearch();
  const days = timeRangeOf(asked);
  const navigate = useNavigate();
  const from = daysAgo(Number(days) - 1);
  const { data, error, refetch } = useQuery(booksQueries.report(name, from));
  const show = (next: ReportsSearch) =>
    void navigate({ to: "/reports", search: { report: name, days, ...next }, replace: true });
  return (
    <Page
      title="Reports"
      about="What was taken, given back and used, over all organizations, as the ledger's entries sum up."
      actions={
        <FilterTabs
          label="Time"
          value={days}
          options={TIME_RANGES}
          onChange={(next) => show({ days: next })}
        />
      }
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <FilterTabs<Name>
          label="Report"
          value={name}
          options={REPORTS}
          onChange={(next) => show({ report: next })}
        />
        <Files name={name} from={from} />
      </div>
      {data ? (
        <Body report={data} />
      ) : error ? (
        <Card>
          <Failure error={error} onRetry={() => void refetch()} />
        </Card>
      ) : (
        <Skeleton className="h-64 w-full rounded-xl" />
      )}
    </Page>
  );
}

function Files({ name, from }: { name: Name; from: string }) {
  return (
    <div className="flex gap-2">
      {(["csv", "pdf"] as const).map((format) => (
        <a
          key={format}
          download
          href={`/api/reports/${name}?from=${from}T00:00:00Z&format=${format}`}
          className={buttonClass("secondary", "sm")}
        >
          {format === "csv" ? (
            <FileSpreadsheet aria-hidden className="size-3.5" />
          ) : (
            <FileText aria-hidden className="size-3.5" />
          )}
          {format.toUpperCase()}
        </a>
      ))}
    </div>
  );
}

function Body({ report }: { report: Report }) {
  const { totals, columns } = report;
  if (totals.length === 0)
    return (
      <Card>
        <Empty icon={<FileSpreadsheet className="size-5" />} title="Nothing in this time" />
      </Card>
    );
  return (
    <>
      {totals.map(({ unit, values }) => (
        <div key={unit} className="flex min-w-0 flex-col gap-5">
          <Stats>
            {columns.map((column, at) => (
              <Stat
                key={column}
                label={`${columnName(column)}${at === 0 ? `, ${unitName(unit)}` : ""}`}
                value={formatFigure(column, unit, values[at] ?? 0)}
              />
            ))}
          </Stats>
          <ReportCourse report={report} unit={unit} />
        </div>
      ))}
      <Rows report={report} />
    </>
  );
}

function Rows({ report }: { report: Report }) {
  const { columns, rows, seal, sealed } = report;
  type Row = Report["rows"][number];
  const shown: Column<Row>[] = [
    {
      key: "group",
      header: report.report === "failed-payments" ? "Code" : "When",
      cell: (row) => (/^\d{4}-/.test(row.group) ? row.group.slice(0, 10) : humanize(row.group)),
    },
    { key: "unit", header: "Unit", width: "5rem", from: "sm", cell: (row) => unitName(row.unit) },
    ...columns.map((column, at): Column<Row> => ({
      key: column,
      header: columnName(column),
      width: "7rem",
      align: "right",
      // On a phone the last one, which is what is left of the others.
      ...(at < columns.length - 1 && { from: "md" as const }),
      cell: (row) => formatFigure(column, row.unit, row.values[at] ?? 0),
    })),
  ];
  const note = seal
    ? `${sealed ? "All of it is sealed" : "Sealed in part"}; the newest is seal ${formatInteger(seal.number)}, ${seal.hash.slice(0, 12)}…`
    : "Not sealed yet";
  return (
    <Card>
      <CardHead title="Figures" note={note} />
      <Table
        label="Figures"
        columns={shown}
        list={{ rows, error: null, refetch: () => undefined }}
        rowKey={(row) => `${row.group} ${row.unit}`}
        empty={<Empty icon={<FileSpreadsheet className="size-5" />} title="Nothing in this time" />}
      />
    </Card>
  );
}
