import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { queries } from "../../api/queries.ts";
import type { InboxHour } from "../../api/types.ts";
import { formatDuration, formatHour, formatInteger } from "../../lib/format.ts";
import { Plot } from "../../plots/plot.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Awaited, Empty, Failure, Skeleton } from "../../ui/states.tsx";

const RANGES = [
  { value: "24", label: "24 hours" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
] as const;
type Range = (typeof RANGES)[number]["value"];

/** How far behind the inbox is, now and in the hours before. */
export function AgeCard() {
  const [range, setRange] = useState<Range>("24");
  const hours = useQuery(booksQueries.inboxHours(Number(range)));
  const { data: counts, isError } = useQuery(queries.eventCounts());
  const waiting = counts && counts.received + counts.processing + counts.waiting_retry;
  const wait = <Awaited failed={isError} className="mt-1 h-6 w-16" />;
  return (
    <>
      <Stats>
        <Stat
          label="Oldest that waits"
          value={counts ? (waiting ? formatDuration(counts.oldest_seconds) : "–") : wait}
          note={counts ? `${formatInteger(waiting ?? 0)} waiting` : " "}
        />
        <Stat
          label="Applied in 24 hours"
          value={counts ? formatInteger(counts.processed) : wait}
          note={counts ? `${formatInteger(counts.ignored)} ignored` : " "}
        />
        <Stat
          label="Dead"
          value={counts ? formatInteger(counts.dead) : wait}
          note={counts ? (counts.dead ? "need a person" : "none") : " "}
        />
      </Stats>
      <Card>
        <CardHead
          title="How long events waited"
          note="The longest of each hour, from arrival until it was finished; UTC"
          actions={<FilterTabs<Range> label="Hours" value={range} options={RANGES} onChange={setRange} />}
        />
        {hours.data ? (
          <WaitPlot hours={hours.data.data} />
        ) : hours.error ? (
          <Failure error={hours.error} onRetry={() => void hours.refetch()} />
        ) : (
          <div className="p-4">
            <Skeleton className="h-48 w-full" />
          </div>
        )}
      </Card>
    </>
  );
}

function WaitPlot({ hours }: { hours: readonly InboxHour[] }) {
  if (hours.every(({ longest_wait_ms: ms }) => ms === null))
    return <Empty icon={<Inbox className="size-5" />} title="No event was finished in this time" />;
  const rows = hours.map(({ hour, longest_wait_ms: ms }) => ({ day: hour, Longest: ms ?? 0 }));
  return (
    <Plot
      kind="bars"
      label="Longest wait of each hour's events"
      rows={rows}
      series={["Longest"]}
      format={formatWait}
      formatAxis={formatWait}
      formatRow={formatHour}
      rowName="Hour"
    />
  );
}

/** `120 ms`, `4.2 s`, `3 min 5 s`. */
function formatWait(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return formatDuration(ms / 1_000);
}
