import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Banknote } from "lucide-react";
import { asList, queries } from "../../api/queries.ts";
import { booksQueries } from "../../api/books.ts";
import type { Report, Revenue, RevenueTotals } from "../../api/types.ts";
import { formatInteger, formatMoney } from "../../lib/format.ts";
import { daysAgo, daysBetween, stackByDay } from "../../lib/series.ts";
import { Plot } from "../../plots/plot.tsx";
import { Money } from "../../ui/amounts.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { ReportCourse } from "../reports/report-course.tsx";
import { formatRatio } from "./figures.ts";
import { TIME_RANGES, timeRangeOf } from "./time-range.ts";

const route = getRouteApi("/app/revenue");
type Row = Revenue["data"][number];

type Line = "gross_minor" | "refunds_minor" | "disputes_minor" | "fees_minor" | "net_minor";
const ALWAYS: ReadonlySet<Line> = new Set(["gross_minor", "net_minor"]);
const money = (key: Line, header: string) => ({
  key,
  header,
  width: "7rem",
  align: "right" as const,
  ...(ALWAYS.has(key) ? {} : { from: "sm" as const }),
  cell: (row: Row) => <Money minor={row[key]} currency={row.currency} />,
});
const columns: Column<Row>[] = [
  {
    key: "org",
    header: "Organization",
    cell: (row) => (
      <code title={row.group ?? ""} className="font-mono text-xs">
        {row.group}
      </code>
    ),
  },
  money("gross_minor", "Gross"),
  money("refunds_minor", "Refunds"),
  money("disputes_minor", "Disputes"),
  money("fees_minor", "Fees"),
  money("net_minor", "Net"),
];

/** What the installation takes in, as the ledger sums up. */
export function RevenueScreen() {
  const days = timeRangeOf(route.useSearch().days);
  const navigate = useNavigate();
  const from = daysAgo(Number(days) - 1);
  const byDay = useQuery(queries.revenue("day", from));
  const byOrg = useQuery(queries.revenue("org", from));
  const mrr = useQuery(booksQueries.report("mrr", from));
  const { data } = byDay;
  return (
    <Page
      title="Revenue"
      about="What payments brought, as the ledger's entries sum up, per currency. Sums are up to five minutes old."
      actions={
        <FilterTabs
          label="Time"
          value={days}
          options={TIME_RANGES}
          onChange={(next) => void navigate({ to: "/revenue", search: { days: next }, replace: true })}
        />
      }
    >
      {!data &&
        (byDay.error ? (
          <Failure error={byDay.error} onRetry={() => void byDay.refetch()} />
        ) : (
          <Skeleton className="h-24 w-full" />
        ))}
      {data?.totals.map((totals) => (
        <Currency key={totals.currency} totals={totals} rows={data.data} from={from} mrr={mrr.data} />
      ))}
      <Card>
        <CardHead title="By organization" />
        <Table
          label="Revenue by organization"
          columns={columns}
          list={asList(byOrg)}
          rowKey={(row) => `${row.group} ${row.currency}`}
          renderLink={(row, className) =>
            row.group && (
              <Link
                to="/customers/$orgId"
                params={{ orgId: row.group }}
                className={className}
                aria-label={`Customer ${row.group}`}
              />
            )
          }
          skeletonRows={3}
          empty={<Empty icon={<Banknote className="size-5" />} title="Nobody paid in this time" />}
        />
      </Card>
    </Page>
  );
}

type CurrencyProps = { totals: RevenueTotals; rows: readonly Row[]; from: string; mrr: Report | undefined };
function Currency({ totals, rows, from, mrr }: CurrencyProps) {
  const { currency } = totals;
  const format = (minor: number) => formatMoney(minor, currency);
  const points = rows
    .filter((row) => row.currency === currency)
    .map((row) => ({ day: row.group ?? "", series: "Net", value: row.net_minor }));
  const { rows: byDay, series } = stackByDay(points, daysBetween(from, daysAgo(0)));
  return (
    <>
      <Stats>
        <Stat label={`Gross, ${currency.toUpperCase()}`} value={format(totals.gross_minor)} note="captured" />
        <Stat label="Refunds" value={format(totals.refunds_minor)} note="given back" />
        <Stat label="Disputes" value={format(totals.disputes_minor)} note="taken back by banks" />
        <Stat label="Fees" value={format(totals.fees_minor)} note="of the companies" />
      </Stats>
      <Stats>
        <Stat
          label="Net"
          value={format(totals.net_minor)}
          note={`${format(totals.arpu_minor)} each of ${formatInteger(totals.paying_organizations)} paying`}
        />
        <Stat
          label={`MRR, ${currency.toUpperCase()}`}
          value={format(totals.mrr_minor)}
          note="subscribed to now"
        />
        <Stat label="ARR" value={format(totals.arr_minor)} note="twelve times that" />
        <Stat
          label="Churn"
          value={formatRatio(totals.churn)}
          note={totals.churn === null ? "none at the start" : "of those there at the start"}
        />
      </Stats>
      <Card>
        <CardHead title={`Net per day, ${currency.toUpperCase()}`} note="By UTC day" />
        {points.length === 0 ? (
          <Empty icon={<Banknote className="size-5" />} title="Nobody paid in this time" />
        ) : (
          <Plot
            kind="bars"
            label={`Net per day in ${currency}`}
            rows={byDay}
            series={series}
            format={format}
            formatAxis={format}
          />
        )}
      </Card>
      {mrr && <ReportCourse report={mrr} unit={currency} />}
    </>
  );
}
