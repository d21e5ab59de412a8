import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useState } from "react";
import { asList } from "../../api/queries.ts";
import { proofQueries, type InstallationUsage, type MarginBy } from "../../api/proof.ts";
import { formatInteger } from "../../lib/format.ts";
import { daysAgo, daysBetween } from "../../lib/series.ts";
import { Legend, Plot } from "../../plots/plot.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Awaited, Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { formatRatio, formatUsd } from "../operator/figures.ts";
import { TIME_RANGES, timeRangeOf } from "../operator/time-range.ts";

const route = getRouteApi("/app/margin");
type Row = InstallationUsage["data"][number];
type Sums = InstallationUsage["totals"];
type Group = Extract<MarginBy, "org" | "model" | "provider">;
const GROUPS: { value: Group; label: string }[] = [
  { value: "org", label: "Organization" },
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
];

type Amount = "cost_usd" | "charge_usd" | "margin_usd" | "loss_usd";
const money = (key: Amount, header: string, from?: "sm" | "md"): Column<Row> => ({
  key,
  header,
  width: "7rem",
  align: "right",
  ...(from ? { from } : {}),
  cell: (row) => <span title={row[key]}>{formatUsd(row[key])}</span>,
});
/** Of what was charged; null where nothing was. */
const shareOf = ({ margin_usd, charge_usd }: Sums): number | null =>
  Number(charge_usd) === 0 ? null : Number(margin_usd) / Number(charge_usd);

const columns: Column<Row>[] = [
  {
    key: "group",
    header: "Name",
    cell: (row) => (
      <code title={row.group ?? ""} className="font-mono text-xs">
        {row.group}
      </code>
    ),
  },
  {
    key: "calls",
    header: "Calls",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.calls),
  },
  money("charge_usd", "Charged", "sm"),
  money("cost_usd", "Cost", "sm"),
  money("margin_usd", "Margin"),
  {
    key: "share",
    header: "Share",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatRatio(shareOf(row)),
  },
  money("loss_usd", "Loss", "md"),
];

/** What model calls bring beside what they cost, over all organizations. */
export function MarginScreen() {
  const days = timeRangeOf(route.useSearch().days);
  const navigate = useNavigate();
  const [by, setBy] = useState<Group>("model");
  const from = daysAgo(Number(days) - 1);
  const byDay = useQuery(proofQueries.margin("day", from));
  const grouped = useQuery(proofQueries.margin(by, from));
  return (
    <Page
      title="Margin"
      about="What organizations paid for model calls beside what the providers bill. Loss is what was billed for calls that cost nobody anything."
      actions={
        <FilterTabs
          label="Time"
          value={days}
          options={TIME_RANGES}
          onChange={(next) => void navigate({ to: "/margin", search: { days: next }, replace: true })}
        />
      }
    >
      <Totals totals={byDay.data?.totals} failed={byDay.isError} />
      {!byDay.data &&
        (byDay.error ? (
          <Failure error={byDay.error} onRetry={() => void byDay.refetch()} />
        ) : (
          <Skeleton className="h-56 w-full" />
        ))}
      {byDay.data && <DayPlots rows={byDay.data.data} from={from} />}
      <Card>
        <CardHead
          title="Who and what"
          actions={<FilterTabs label="Group" value={by} options={GROUPS} onChange={(next) => setBy(next)} />}
        />
        <Table
          label="Margin by group"
          columns={columns}
          list={asList(grouped)}
          rowKey={(row) => row.group ?? ""}
          skeletonRows={3}
          empty={<Empty icon={<Scale className="size-5" />} title="No calls in this time" />}
        />
      </Card>
    </Page>
  );
}

function Totals({ totals, failed }: { totals: Sums | undefined; failed: boolean }) {
  const wait = <Awaited failed={failed} className="mt-1 h-6 w-20" />;
  const stat = (label: string, key: Amount, note: string) => (
    <Stat
      label={label}
      value={totals ? formatUsd(totals[key]) : wait}
      note={totals ? note : " "}
      {...(totals ? { title: `${totals[key]} USD` } : {})}
    />
  );
  return (
    <Stats>
      {stat("Charged", "charge_usd", totals ? `${formatInteger(totals.calls)} calls` : "")}
      {stat("Cost", "cost_usd", "by the providers' bills")}
      {stat("Margin", "margin_usd", totals ? `${formatRatio(shareOf(totals))} of what was charged` : "")}
      {stat("Loss", "loss_usd", "billed for nothing")}
    </Stats>
  );
}

const PLOTS: { title: string; note: string; kind: "bars" | "line"; series: [string, Amount][] }[] = [
  {
    title: "Charged and cost per day",
    note: "USD by UTC day",
    kind: "line",
    series: [
      ["Charged", "charge_usd"],
      ["Cost", "cost_usd"],
    ],
  },
  {
    title: "Margin and loss per day",
    note: "USD by UTC day",
    kind: "line",
    series: [
      ["Margin", "margin_usd"],
      ["Loss", "loss_usd"],
    ],
  },
];

function DayPlots({ rows, from }: { rows: readonly Row[]; from: string }) {
  if (rows.length === 0) return null;
  const days = daysBetween(from, daysAgo(0));
  return PLOTS.map(({ title, note, kind, series }) => (
    <Card key={title}>
      <CardHead title={title} note={note} />
      <Plot
        kind={kind}
        label={title}
        rows={days.map((day) => {
          const row = rows.find(({ group }) => group === day);
          return { day, ...Object.fromEntries(series.map(([name, key]) => [name, Number(row?.[key] ?? 0)])) };
        })}
        series={series.map(([name]) => name)}
        format={(value) => formatUsd(String(value))}
        formatAxis={(value) => formatUsd(String(value))}
      />
      <Legend series={series.map(([name]) => name)} />
    </Card>
  ));
}
