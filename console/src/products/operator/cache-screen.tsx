import { useQuery } from "@tanstack/react-query";
import { Eraser, Layers } from "lucide-react";
import { useState } from "react";
import { queries } from "../../api/queries.ts";
import type { CachedResource, CacheState, CacheWindow } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Notice, Skeleton } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { formatBytes, formatMs, formatRatio } from "./figures.ts";
import { InvalidateDialog } from "./invalidate-dialog.tsx";

const columns: Column<CachedResource>[] = [
  {
    key: "resource",
    header: "Resource",
    cell: (row) => (
      <Stacked note={`${formatInteger(row.l1_hits + row.l1_misses)} reads`}>{humanize(row.resource)}</Stacked>
    ),
  },
  {
    key: "reads",
    header: "Reads",
    width: "6rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.l1_hits + row.l1_misses),
  },
  { key: "hits", header: "Hits", width: "5rem", align: "right", cell: (row) => formatRatio(row.hit_ratio) },
  {
    key: "l1",
    header: "Memory",
    width: "5.5rem",
    align: "right",
    from: "md",
    cell: (row) => formatRatio(row.l1_hit_ratio),
  },
  {
    key: "l2",
    header: "Redis",
    width: "5.5rem",
    align: "right",
    from: "md",
    cell: (row) => formatRatio(row.l2_hit_ratio),
  },
  {
    key: "loads",
    header: "Loads",
    width: "5rem",
    align: "right",
    from: "lg",
    cell: (row) => formatInteger(row.loads + row.load_errors),
  },
  {
    key: "evictions",
    header: "Evicted",
    width: "5rem",
    align: "right",
    from: "lg",
    cell: (row) => formatInteger(row.evictions),
  },
  {
    key: "p50",
    header: "p50",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatMs(row.p50_ms),
  },
  { key: "p95", header: "p95", width: "5rem", align: "right", cell: (row) => formatMs(row.p95_ms) },
  {
    key: "p99",
    header: "p99",
    width: "5rem",
    align: "right",
    from: "lg",
    cell: (row) => formatMs(row.p99_ms),
  },
];

export function CacheScreen() {
  const [window, setWindow] = useState<CacheWindow>("1h");
  const [dropping, setDropping] = useState(false);
  const cache = useQuery(queries.cache(window));
  const { data } = cache;
  return (
    <Page
      title="Cache"
      about="What was answered from memory or Redis instead of the database. Refreshed every 5 seconds."
      actions={
        <Button icon={<Eraser className="size-4" />} onClick={() => setDropping(true)}>
          Invalidate
        </Button>
      }
    >
      {data?.l2 === "down" && (
        <Notice tone="warn" title="Redis does not answer">
          Each process answers from its own memory and the database until it is back.
        </Notice>
      )}
      <Figures state={data} />
      <Card>
        <CardHead
          title="Resources"
          note="All processes together. Hits: reads that needed no load."
          actions={
            <FilterTabs<CacheWindow>
              label="Window"
              value={window}
              options={[
                { value: "1h", label: "1 hour" },
                { value: "24h", label: "24 hours" },
              ]}
              onChange={setWindow}
            />
          }
        />
        <Table
          label="Cached resources"
          columns={columns}
          list={{ rows: data?.resources, error: cache.error, refetch: () => void cache.refetch() }}
          rowKey={(row) => row.resource}
          skeletonRows={3}
          empty={
            <Empty icon={<Layers className="size-5" />} title="Nothing was read">
              Figures show up here with the first reads.
            </Empty>
          }
        />
      </Card>
      <InvalidateDialog open={dropping} onOpenChange={setDropping} />
    </Page>
  );
}

function Figures({ state }: { state: CacheState | undefined }) {
  const wait = <Skeleton className="mt-1 h-6 w-20" />;
  const reads = state?.resources.reduce((sum, row) => sum + row.l1_hits + row.l1_misses, 0) ?? 0;
  const loads = state?.resources.reduce((sum, row) => sum + row.loads + row.load_errors, 0) ?? 0;
  const evicted = state?.resources.reduce((sum, row) => sum + row.evictions, 0) ?? 0;
  const bus = state?.bus.find(({ lag_ms }) => lag_ms === null) ?? state?.bus[0];
  return (
    <Stats>
      <Stat
        label="Hits"
        value={state ? formatRatio(reads > 0 ? 1 - loads / reads : null) : wait}
        note={`${formatInteger(reads)} reads`}
      />
      <Stat
        label="In memory"
        value={state ? formatInteger(state.l1_entries) : wait}
        note={state ? `${formatBytes(state.l1_bytes)} in this process` : " "}
      />
      <Stat label="Evicted" value={state ? formatInteger(evicted) : wait} note="for want of room" />
      <Stat
        label="Bus lag"
        value={state ? (bus && bus.lag_ms !== null ? formatMs(bus.lag_ms) : "Down") : wait}
        note={
          state
            ? `${bus?.line === "redis" ? "Redis" : "PostgreSQL"}, ${state.processes} ${state.processes === 1 ? "process" : "processes"}`
            : " "
        }
      />
    </Stats>
  );
}
