import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { queries } from "../../api/queries.ts";
import type { System } from "../../api/types.ts";
import { formatDuration, formatInteger, humanize } from "../../lib/format.ts";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { HealthList } from "./health-list.tsx";

type Queue = System["queues"][number];

const columns: Column<Queue>[] = [
  { key: "name", header: "Queue", cell: (row) => humanize(row.name) },
  {
    key: "waiting",
    header: "Waiting",
    width: "7rem",
    align: "right",
    cell: (row) => formatInteger(row.waiting),
  },
  {
    key: "oldest",
    header: "Oldest",
    width: "8rem",
    align: "right",
    cell: (row) => (row.waiting > 0 ? formatDuration(row.oldest_seconds) : "–"),
  },
];

export function SystemScreen() {
  const system = useQuery(queries.system());
  const { data } = system;
  const wait = <Skeleton className="mt-1 h-6 w-20" />;
  return (
    <Page title="System" about="The parts that Holdfast is made of and leans on. Refreshed every 10 seconds.">
      {system.error && !data ? (
        <Card>
          <Failure error={system.error} onRetry={() => void system.refetch()} />
        </Card>
      ) : (
        <>
          <Stats>
            <Stat label="Version" value={data?.version ?? wait} note={data ? `Node ${data.node}` : " "} />
            <Stat label="Role" value={data ? humanize(data.role) : wait} note="of this process" />
            <Stat
              label="Up for"
              value={data ? formatDuration(data.uptime_seconds) : wait}
              note="since the last start"
            />
            <Stat
              label="Parts working"
              value={data ? `${data.checks.filter(({ ok }) => ok).length} of ${data.checks.length}` : wait}
              note="asked just now"
            />
          </Stats>
          <Card>
            <CardHead title="Parts" />
            <HealthList checks={data?.checks} />
          </Card>
          <Card>
            <CardHead title="Queues" />
            <Table
              label="Queues"
              columns={columns}
              list={{ rows: data?.queues, error: null, refetch: () => void system.refetch() }}
              rowKey={(row) => row.name}
              skeletonRows={3}
              empty={<Empty icon={<ListChecks className="size-5" />} title="No queues" />}
            />
          </Card>
        </>
      )}
    </Page>
  );
}
