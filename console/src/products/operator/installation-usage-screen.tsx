import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChartColumn, ListTodo } from "lucide-react";
import { useState } from "react";
import { asList, queries } from "../../api/queries.ts";
import type { UsageBy, UsageStats, UsageStatsRow } from "../../api/types.ts";
import { formatCompact, formatCredits, formatInteger, formatMicros } from "../../lib/format.ts";
import { daysAgo, daysBetween, stackByDay } from "../../lib/series.ts";
import { Plot } from "../../plots/plot.tsx";
import { Credits } from "../../ui/amounts.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { shortCredits } from "../gateway/spend-plot.tsx";
import { formatUsd } from "./figures.ts";
import { TIME_RANGES, timeRangeOf } from "./time-range.ts";

const route = getRouteApi("/app/installation-usage");
type Group = Extract<UsageBy, "org" | "model" | "provider">;
const GROUPS: { value: Group; label: string }[] = [
  { value: "org", label: "Organization" },
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
];

const columns: Column<UsageStatsRow>[] = [
  {
    key: "group",
    header: "Name",
    cell: (row) => (
      <code title={row.group ?? ""} className="font-mono text-xs">
        {row.group}
      </code>
    ),
  },
  { key: "calls", header: "Calls", width: "5rem", align: "right", cell: (row) => formatInteger(row.calls) },
  {
    key: "tokens",
    header: "Tokens",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => formatCompact(row.input_tokens + row.output_tokens),
  },
  {
    key: "cost",
    header: "Cost",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <span title={row.cost_usd}>{formatUsd(row.cost_usd)}</span>,
  },
  {
    key: "margin",
    header: "Margin",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <span title={row.margin_usd}>{formatUsd(row.margin_usd)}</span>,
  },
  {
    key: "loss",
    header: "Loss",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => <span title={row.loss_usd}>{formatUsd(row.loss_usd)}</span>,
  },
  {
    key: "credits",
    header: "Credits",
    width: "6.5rem",
    align: "right",
    cell: (row) => <Credits micros={row.credits_micros} />,
  },
];

/** What every organization uses together. */
export function InstallationUsageScreen() {
  const days = timeRangeOf(route.useSearch().days);
  const navigate = useNavigate();
  const [by, setBy] = useState<Group>("org");
  const from = daysAgo(Number(days) - 1);
  const byDay = useQuery(queries.usageStats("day", from));
  const grouped = useQuery(queries.usageStats(by, from));
  return (
    <Page
      title="All usage"
      about="What every organization uses, as the ledger took it. Sums are up to five minutes old."
      actions={
        <FilterTabs
          label="Time"
          value={days}
          options={TIME_RANGES}
          onChange={(next) =>
            void navigate({ to: "/installation-usage", search: { days: next }, replace: true })
          }
        />
      }
    >
      <Totals stats={byDay.data} />
      <Card>
        <CardHead title="Credits per day" note="Of all organizations, by UTC day" />
        <SpendByDay stats={byDay.data} from={from} error={byDay.error} retry={() => void byDay.refetch()} />
      </Card>
      {byDay.data && byDay.data.totals.failures > 0 && <FailuresByDay stats={byDay.data} from={from} />}
      <Card>
        <CardHead
          title="Who and what"
          actions={
            <FilterTabs label="Group" value={by} options={GROUPS} onChange={(next) => setBy(next as Group)} />
          }
        />
        <Table
          label="Usage by group"
          columns={columns}
          list={asList(grouped)}
          rowKey={(row) => row.group ?? ""}
          skeletonRows={3}
          empty={<Empty icon={<ChartColumn className="size-5" />} title="No calls in this time" />}
        />
      </Card>
      <JobsCard jobs={byDay.data?.jobs} />
    </Page>
  );
}

function Totals({ stats }: { stats: UsageStats | undefined }) {
  const wait = <Skeleton className="mt-1 h-6 w-20" />;
  const { totals, users } = stats ?? {};
  return (
    <Stats>
      <Stat
        label="People"
        value={users ? formatInteger(users.total) : wait}
        note={users ? `${formatInteger(users.new)} new, ${formatInteger(users.active)} signed in` : " "}
      />
      <Stat
        label="Calls"
        value={totals ? formatInteger(totals.calls) : wait}
        note={totals ? `${formatInteger(totals.failures)} failed` : " "}
      />
      <Stat
        label="Charged"
        value={totals ? formatCredits(totals.credits_micros) : wait}
        note="credits"
        {...(totals ? { title: formatMicros(totals.credits_micros) } : {})}
      />
      <Stat
        label="Margin"
        value={totals ? formatUsd(totals.margin_usd) : wait}
        note={totals ? `cost ${formatUsd(totals.cost_usd)}` : " "}
        {...(totals ? { title: `${totals.margin_usd} USD` } : {})}
      />
    </Stats>
  );
}

function SpendByDay({
  stats,
  from,
  error,
  retry,
}: {
  stats: UsageStats | undefined;
  from: string;
  error: unknown;
  retry(): void;
}) {
  if (!stats) return error ? <Failure error={error} onRetry={retry} /> : <Skeleton className="m-4 h-56" />;
  const points = stats.data.map((row) => ({
    day: row.group ?? "",
    series: "Credits",
    value: row.credits_micros,
  }));
  if (points.length === 0)
    return <Empty icon={<ChartColumn className="size-5" />} title="No calls in this time" />;
  const { rows, series } = stackByDay(points, daysBetween(from, daysAgo(0)));
  return (
    <Plot
      kind="bars"
      label="Credits charged per day"
      rows={rows}
      series={series}
      format={formatCredits}
      formatAxis={shortCredits}
    />
  );
}

type JobsRow = UsageStats["jobs"][number];
const jobCount = (key: "completed" | "failed" | "waiting", header: string): Column<JobsRow> => ({
  key,
  header,
  width: "4.75rem",
  align: "right",
  cell: (row) => formatInteger(row[key]),
});
const jobColumns: Column<JobsRow>[] = [
  { key: "product", header: "Product", cell: (row) => <code className="text-xs">{row.product}</code> },
  jobCount("completed", "Done"),
  jobCount("failed", "Failed"),
  jobCount("waiting", "Waiting"),
];

function JobsCard({ jobs }: { jobs: UsageStats["jobs"] | undefined }) {
  return (
    <Card>
      <CardHead title="Jobs by product" note="Made in this time and still kept." />
      <Table
        label="Jobs by product"
        columns={jobColumns}
        list={{ rows: jobs, error: null, refetch: () => undefined }}
        rowKey={(row) => row.product}
        skeletonRows={2}
        empty={<Empty icon={<ListTodo className="size-5" />} title="No jobs in this time" />}
      />
    </Card>
  );
}

/** Only where some failed: an empty plot would say nothing. */
function FailuresByDay({ stats, from }: { stats: UsageStats; from: string }) {
  const points = stats.data.map((row) => ({
    day: row.group ?? "",
    series: "Failed calls",
    value: row.failures,
  }));
  const { rows, series } = stackByDay(points, daysBetween(from, daysAgo(0)));
  return (
    <Card>
      <CardHead
        title="Failed calls per day"
        note={`${formatInteger(stats.totals.failures)} of ${formatInteger(stats.totals.calls)} calls`}
      />
      <Plot kind="bars" label="Failed calls per day" rows={rows} series={series} format={formatInteger} />
    </Card>
  );
}
