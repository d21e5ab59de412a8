import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ListTodo } from "lucide-react";
import { asList, queries } from "../../api/queries.ts";
import type { JobKindStats, JobStats } from "../../api/types.ts";
import { formatDuration, formatInteger } from "../../lib/format.ts";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

/** Jobs that could run now, were there room. */
const waitingOf = ({ counts }: JobKindStats) => counts.queued + counts.retrying;
const runningOf = ({ counts }: JobKindStats) => counts.running + counts.cancelling;
const failedOf = ({ counts }: JobKindStats) => counts.failed + counts.partial;

/** `40 ms`, `1.2 s`, `3.1 min`. */
function formatMillis(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

const columns: Column<JobKindStats>[] = [
  {
    key: "kind",
    header: "Kind",
    cell: (row) => (
      <Stacked note={`${formatInteger(row.counts.completed)} completed`}>
        <code className="font-mono text-xs">{row.kind}</code>
      </Stacked>
    ),
  },
  {
    key: "waiting",
    header: "Waiting",
    width: "5rem",
    align: "right",
    cell: (row) => formatInteger(waitingOf(row)),
  },
  {
    key: "running",
    header: "Running",
    width: "5rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(runningOf(row)),
  },
  {
    key: "failed",
    header: "Failed",
    width: "4.5rem",
    align: "right",
    cell: (row) => (
      <span className={failedOf(row) > 0 ? "text-bad" : undefined}>{formatInteger(failedOf(row))}</span>
    ),
  },
  {
    key: "completed",
    header: "Completed",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.counts.completed),
  },
  {
    key: "oldest",
    header: "Oldest wait",
    width: "6.5rem",
    align: "right",
    from: "md",
    cell: (row) => (row.oldest_seconds === null ? "–" : formatDuration(row.oldest_seconds)),
  },
  {
    key: "rate",
    header: "A minute",
    width: "5.5rem",
    align: "right",
    from: "lg",
    cell: (row) => formatInteger(row.per_minute),
  },
  {
    key: "wait",
    header: "Wait p50 / p95",
    width: "9rem",
    align: "right",
    from: "lg",
    cell: ({ wait_ms }) => `${formatMillis(wait_ms.p50)} / ${formatMillis(wait_ms.p95)}`,
  },
  {
    key: "run",
    header: "Run p50 / p95",
    width: "9rem",
    align: "right",
    from: "lg",
    cell: ({ run_ms }) => `${formatMillis(run_ms.p50)} / ${formatMillis(run_ms.p95)}`,
  },
];

/** Figures over all kinds, and one row for each. */
export function KindsCard() {
  const stats = useQuery(queries.jobStats());
  const { data } = stats;
  return (
    <>
      <Figures stats={data} />
      <Card>
        <CardHead
          title="Kinds"
          note={
            data?.of === "installation"
              ? "Of every organization; ended jobs of the last 24 hours, times of the last hour."
              : "Ended jobs of the last 24 hours, times of the last hour."
          }
        />
        <Table
          label="Kinds of jobs"
          columns={columns}
          list={asList(stats)}
          rowKey={(row) => row.kind}
          skeletonRows={3}
          renderLink={(row, className) => (
            <Link
              to="/jobs"
              search={{ kind: row.kind }}
              className={className}
              aria-label={`Only ${row.kind}`}
            />
          )}
          empty={
            <Empty icon={<ListTodo className="size-5" />} title="Nothing to count">
              No job waits, and none ended within a day.
            </Empty>
          }
        />
      </Card>
    </>
  );
}

function Figures({ stats }: { stats: JobStats | undefined }) {
  const rows = stats?.data;
  const sum = (of: (row: JobKindStats) => number) =>
    rows ? formatInteger(rows.reduce((total, row) => total + of(row), 0)) : wait;
  const oldest = Math.max(...(rows?.map((row) => row.oldest_seconds ?? -1) ?? []), -1);
  return (
    <Stats>
      <Stat label="Waiting" value={sum(waitingOf)} note="for their turn" />
      <Stat label="Running" value={sum(runningOf)} note="right now" />
      <Stat
        label="Oldest wait"
        value={rows ? (oldest < 0 ? "–" : formatDuration(oldest)) : wait}
        note={oldest < 0 ? "nothing waits" : "since it was due"}
      />
      <Stat label="Failed" value={sum(failedOf)} note="within 24 hours" />
    </Stats>
  );
}

const wait = <Skeleton className="mt-1 h-6 w-20" />;
