import { Scale } from "lucide-react";
import { lists, useList } from "../../api/queries.ts";
import type { ReconciliationRun } from "../../api/types.ts";
import { formatDays, formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const TONES: Record<ReconciliationRun["state"], Tone> = {
  queued: "neutral",
  running: "info",
  completed: "ok",
  failed: "bad",
};

const columns: Column<ReconciliationRun>[] = [
  {
    key: "time",
    header: "Compared time",
    cell: (row) => (
      <Stacked note={`${row.account_id}, ${row.state}`}>
        <span className="num">{formatDays(row.from, row.to)}</span>
      </Stacked>
    ),
  },
  { key: "account", header: "Account", width: "10rem", from: "md", cell: (row) => row.account_id },
  {
    key: "state",
    header: "State",
    width: "7.5rem",
    from: "sm",
    cell: (row) => (
      <Badge tone={TONES[row.state]} dot={row.state === "running"} pulse={row.state === "running"}>
        {row.state === "running"
          ? `day ${formatInteger(row.days_done)} of ${formatInteger(row.days)}`
          : row.state}
      </Badge>
    ),
  },
  { key: "at", header: "Started", width: "7rem", from: "sm", cell: (row) => <Time at={row.created_at} /> },
  {
    key: "report",
    header: "Report",
    width: "8rem",
    align: "right",
    cell: (row) =>
      row.state === "completed" && (
        <span className="inline-flex gap-1">
          {(["csv", "pdf"] as const).map((format) => (
            <a
              key={format}
              download
              href={`/api/reconciliation/runs/${row.id}/report?format=${format}`}
              aria-label={`Report of ${formatDays(row.from, row.to)} as ${format.toUpperCase()}`}
              className={buttonClass("ghost", "sm")}
            >
              {format.toUpperCase()}
            </a>
          ))}
        </span>
      ),
  },
];

export function RunsCard() {
  const list = useList(lists.reconciliationRuns());
  return (
    <Card>
      <CardHead title="Comparisons" note="Each night at 05:00 UTC, and on demand" />
      <Table
        label="Comparisons"
        columns={columns}
        list={list}
        rowKey={(row) => row.id}
        skeletonRows={3}
        empty={<Empty icon={<Scale className="size-5" />} title="Nothing was compared yet" />}
      />
    </Card>
  );
}
