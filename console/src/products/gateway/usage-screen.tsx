import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChartColumn, FileSpreadsheet, X } from "lucide-react";
import { toast } from "sonner";
import { type CallsFilter, given } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { asList, lists, queries, useList } from "../../api/queries.ts";
import { tokens } from "../../api/tokens.ts";
import type { UsageGroup, UsageSums } from "../../api/types.ts";
import { formatCompact, formatCredits, formatInteger, formatMicros, humanize } from "../../lib/format.ts";
import { daysAgo } from "../../lib/series.ts";
import { Credits } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Awaited, Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { CallsTable } from "./calls-table.tsx";
import { FailuresCard } from "./failures-card.tsx";
import { SavingsCard, SpendCard } from "./spend-plot.tsx";
import { WhatIfCard } from "./what-if-card.tsx";

const route = getRouteApi("/app/usage");
const RANGES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
] as const;
type Range = (typeof RANGES)[number]["value"];

const columns: Column<UsageGroup>[] = [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <code title={row.group.model ?? ""} className="font-mono text-xs">
        {row.group.model}
      </code>
    ),
  },
  {
    key: "requests",
    header: "Calls",
    width: "5rem",
    align: "right",
    cell: (row) => formatInteger(row.requests),
  },
  {
    key: "failures",
    header: "Failed",
    width: "5rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.failures),
  },
  {
    key: "in",
    header: "Tokens in",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.input_tokens),
  },
  {
    key: "out",
    header: "Tokens out",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.output_tokens),
  },
  {
    key: "latency",
    header: <span title="Until the first content: half of the calls, and 95 of 100">First content</span>,
    width: "9rem",
    align: "right",
    from: "lg",
    cell: ({ first_content_p50_ms: half, first_content_p95_ms: most }) =>
      half === null || most === null ? "–" : `${formatInteger(half)} / ${formatInteger(most)} ms`,
  },
  {
    key: "cost",
    header: "Credits",
    width: "7rem",
    align: "right",
    cell: (row) => <Credits micros={row.cost_micros} />,
  },
];

export function UsageScreen() {
  const { model, outcome, days = "30" } = route.useSearch();
  const navigate = useNavigate();
  const from = daysAgo(Number(days) - 1);
  const byModel = useQuery(queries.usage("model", from));
  const filter = { from: `${from}T00:00:00Z`, model, outcome };
  const records = useList(lists.usageRecords(filter));
  const show = (next: { model?: string; outcome?: string; days?: string }) =>
    void navigate({ to: "/usage", search: given({ days, model, outcome, ...next }), replace: true });
  const models = byModel.data?.data.flatMap((row) => (row.group.model ? [row.group.model] : [])) ?? [];
  const empty = <Empty icon={<ChartColumn className="size-5" />} title="No calls in this time" />;
  return (
    <Page
      title="Usage"
      about="What the models cost, to the micro-credit."
      actions={
        <FilterTabs
          label="Time"
          value={days as Range}
          options={RANGES}
          onChange={(next) => show({ days: next })}
        />
      }
    >
      <Totals totals={byModel.data?.totals} failed={byModel.isError} />
      <SpendCard days={Number(days)} />
      <SavingsCard days={Number(days)} />
      <Card>
        <CardHead title="By model" />
        <Table
          label="Usage by model"
          columns={columns}
          list={asList(byModel)}
          rowKey={(row) => row.group.model ?? ""}
          skeletonRows={3}
          empty={empty}
        />
      </Card>
      <FailuresCard from={from} onShow={(cause) => show({ outcome: cause })} />
      <WhatIfCard from={from} />
      <Card>
        <CardHead
          title="Calls"
          actions={
            <div className="flex flex-wrap items-center gap-2">
              <FilterSelect
                label="Model"
                value={model ?? ""}
                onChange={(event) => show({ model: event.target.value })}
              >
                <option value="">All models</option>
                {models.map((id) => (
                  <option key={id}>{id}</option>
                ))}
              </FilterSelect>
              {outcome && (
                <Button size="sm" onClick={() => show({ outcome: "" })}>
                  {humanize(outcome)}
                  <X aria-label="Show every outcome" className="size-3.5" />
                </Button>
              )}
              <RecordsFile filter={filter} />
            </div>
          }
        />
        <CallsTable list={records} empty={empty} />
      </Card>
    </Page>
  );
}

/** The calls as a file. */
function RecordsFile({ filter }: { filter: CallsFilter }) {
  const file = useMutation({
    mutationFn: () => tokens.records(filter),
    onSuccess(blob) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "calls.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  return (
    <Button
      size="sm"
      icon={<FileSpreadsheet aria-hidden className="size-3.5" />}
      busy={file.isPending}
      onClick={() => file.mutate()}
    >
      CSV
    </Button>
  );
}

const savedBy = ({ cache_hits: hits, compressed, tokens_saved: saved }: UsageSums): string =>
  `${formatInteger(hits)} from the cache, ${formatInteger(compressed)} shortened, ${formatInteger(saved)} tokens`;

function Totals({ totals, failed }: { totals: UsageSums | undefined; failed: boolean }) {
  const wait = <Awaited failed={failed} className="mt-1 h-6 w-20" />;
  return (
    <Stats>
      <Stat
        label="Spent"
        value={totals ? formatCredits(totals.cost_micros) : wait}
        note="credits"
        {...(totals ? { title: formatMicros(totals.cost_micros) } : {})}
      />
      <Stat
        label="Calls"
        value={totals ? formatInteger(totals.requests) : wait}
        note={totals ? `${formatInteger(totals.failures)} failed` : " "}
      />
      <Stat
        label="Tokens in"
        value={totals ? formatCompact(totals.input_tokens) : wait}
        note="read by models"
      />
      <Stat
        label="Tokens out"
        value={totals ? formatCompact(totals.output_tokens) : wait}
        note="written by models"
      />
      <Stat
        label="Saved"
        value={totals ? formatCredits(totals.saved_micros) : wait}
        note={totals ? `on ${formatInteger(totals.cache_hits + totals.compressed)} calls` : " "}
        {...(totals ? { title: savedBy(totals) } : {})}
      />
    </Stats>
  );
}
