import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Gauge, Plus, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { queries } from "../../api/queries.ts";
import { api } from "../../api/operations.ts";
import type { LimitedSubject, LimitOverride, RateLimits } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Notice, Skeleton } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { useProof } from "../security/proof.tsx";
import { LimitDialog, type LimitDraft } from "./limit-dialog.tsx";

const subjectCell = (row: { subject: string; class: string }) => (
  <Stacked note={row.class}>
    <code className="font-mono text-xs" title={row.subject}>
      {row.subject}
    </code>
  </Stacked>
);
const classColumn = {
  key: "class",
  header: "Class",
  width: "12rem",
  from: "sm" as const,
  cell: (row: { class: string }) => <code className="font-mono text-xs">{row.class}</code>,
};

export function LimitsScreen() {
  const limits = useQuery(queries.rateLimits());
  const [draft, setDraft] = useState<LimitDraft | null>(null);
  const { data } = limits;
  const rest = { error: limits.error, refetch: () => void limits.refetch() };
  return (
    <Page
      title="Limits"
      about="Who is refused for asking too often, and what operators allow or forbid them. Refreshed every 5 seconds."
      actions={
        <Button
          icon={<Plus className="size-4" />}
          disabled={!data}
          onClick={() => setDraft({ subject: "", class: "user" })}
        >
          Set a limit
        </Button>
      }
    >
      {data?.degraded && (
        <Notice tone="warn" title="Redis does not answer">
          Sign-in and payment are counted in PostgreSQL; all else in each process, at its share of the limit.
        </Notice>
      )}
      <Figures limits={data} />
      <Card>
        <CardHead title="Most refused" note="Of the last 24 hours, in all processes." />
        <Table
          label="Most refused subjects"
          columns={refusedColumns(setDraft)}
          list={{ rows: data?.top, ...rest }}
          rowKey={(row) => `${row.subject} ${row.class}`}
          skeletonRows={3}
          empty={
            <Empty icon={<Gauge className="size-5" />} title="Nobody was refused">
              People, keys, organizations and networks show up here when they meet a limit.
            </Empty>
          }
        />
      </Card>
      <Overrides rows={data?.overrides} rest={rest} />
      {draft && data && <LimitDialog draft={draft} classes={data.classes} onClose={() => setDraft(null)} />}
    </Page>
  );
}

const refusedColumns = (edit: (draft: LimitDraft) => void): Column<LimitedSubject>[] => [
  { key: "subject", header: "Subject", cell: subjectCell },
  classColumn,
  {
    key: "refused",
    header: "Refused",
    width: "5.5rem",
    align: "right",
    cell: (row) => formatInteger(row.refused),
  },
  {
    key: "last",
    header: "Last",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.last_at} />,
  },
  {
    key: "act",
    header: <span className="sr-only">Act</span>,
    width: "5.5rem",
    align: "right",
    cell: (row) => (
      <Button
        size="sm"
        aria-label={`Set a limit for ${row.subject} in ${row.class}`}
        onClick={() => edit({ subject: row.subject, class: row.class })}
      >
        Limit
      </Button>
    ),
  },
];

const overrideColumns = (remove: (row: LimitOverride) => void): Column<LimitOverride>[] => [
  { key: "subject", header: "Subject", cell: subjectCell },
  classColumn,
  {
    key: "limit",
    header: "Limit",
    width: "8rem",
    align: "right",
    cell: (row) => `${formatInteger(row.limit)} in ${formatInteger(row.window_s)} s`,
  },
  {
    key: "since",
    header: "Since",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.created_at} />,
  },
  {
    key: "act",
    header: <span className="sr-only">Act</span>,
    width: "6rem",
    align: "right",
    cell: (row) => (
      <Button
        size="sm"
        aria-label={`Remove the limit of ${row.subject} in ${row.class}`}
        onClick={() => remove(row)}
      >
        Remove
      </Button>
    ),
  },
];

function Overrides({
  rows,
  rest,
}: {
  rows: readonly LimitOverride[] | undefined;
  rest: { error: unknown; refetch(): void };
}) {
  const client = useQueryClient();
  const proof = useProof();
  const remove = ({ subject, class: name }: LimitOverride) =>
    void proof.run(async () => {
      await api.removeRateLimit(subject, name);
      toast.success("Limit taken back");
      await client.invalidateQueries({ queryKey: ["rate-limits"] });
    });
  return (
    <Card>
      <CardHead title="Set by operators" note="In place of the class's own limit." />
      <Table
        label="Limits set by operators"
        columns={overrideColumns(remove)}
        list={{ rows, ...rest }}
        rowKey={(row) => `${row.subject} ${row.class}`}
        skeletonRows={2}
        empty={
          <Empty icon={<SlidersHorizontal className="size-5" />} title="No limit was changed">
            Every subject has its class's own.
          </Empty>
        }
      />
      {proof.dialog}
    </Card>
  );
}

function Figures({ limits }: { limits: RateLimits | undefined }) {
  const wait = <Skeleton className="mt-1 h-6 w-20" />;
  const refused = limits?.top.reduce((sum, row) => sum + row.refused, 0) ?? 0;
  return (
    <Stats>
      <Stat label="Refused" value={limits ? formatInteger(refused) : wait} note="of the most refused" />
      <Stat
        label="Counted in"
        value={limits ? (limits.counted_in === "redis" ? "Redis" : "Memory") : wait}
        note={limits?.counted_in === "redis" ? "for all processes" : "sign-in and payment in PostgreSQL"}
      />
      <Stat label="Processes" value={limits ? formatInteger(limits.processes) : wait} note="answering now" />
      <Stat
        label="Classes"
        value={limits ? formatInteger(limits.classes.length) : wait}
        note="of operations"
      />
    </Stats>
  );
}
