import { Link } from "@tanstack/react-router";
import { MessageSquareText } from "lucide-react";
import type { ReactNode } from "react";
import type { UsageRecord } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Credits, Id, Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, type ListState, Stacked, Table } from "../../ui/table.tsx";

/** How a call stands: running, or how it ended. */
function Outcome({ call }: { call: UsageRecord }) {
  if (call.state === "open" || call.state === "reconciling")
    return (
      <Badge tone="info" dot pulse>
        {call.state === "open" ? "Running" : "Reconciling"}
      </Badge>
    );
  if (call.outcome === "ok") return <Badge tone="ok">Settled</Badge>;
  const tone: Tone = call.outcome === "disconnected" ? "neutral" : "bad";
  return <Badge tone={tone}>{humanize(call.outcome ?? call.state)}</Badge>;
}

const columns: Column<UsageRecord>[] = [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <Stacked
        note={
          <>
            <Time at={row.created_at} />
            {row.outcome && row.outcome !== "ok" && `, ${humanize(row.outcome).toLowerCase()}`}
          </>
        }
      >
        <code className="font-mono text-xs">{row.model}</code>
      </Stacked>
    ),
  },
  {
    key: "outcome",
    header: "Outcome",
    width: "8.5rem",
    from: "sm",
    cell: (row) => <Outcome call={row} />,
  },
  {
    key: "request",
    header: "Request",
    width: "11rem",
    from: "lg",
    cell: (row) => <Id id={row.request_id} />,
  },
  {
    key: "tokens",
    header: "In / out",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => `${formatInteger(row.input_tokens)} / ${formatInteger(row.output_tokens)}`,
  },
  {
    key: "cost",
    header: "Credits",
    width: "6rem",
    align: "right",
    cell: (row) =>
      row.cost_micros === null ? (
        "–"
      ) : (
        <Link
          to="/receipts/$requestId"
          params={{ requestId: row.request_id }}
          className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
        >
          <Credits micros={row.cost_micros} />
          <span className="sr-only"> credits, see the receipt</span>
        </Link>
      ),
  },
  {
    key: "at",
    header: "When",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

const NONE = (
  <Empty icon={<MessageSquareText className="size-5" />} title="No calls yet">
    Try a model in the playground.
  </Empty>
);

export function CallsTable({
  list,
  skeletonRows = 6,
  empty = NONE,
}: {
  list: ListState<UsageRecord>;
  skeletonRows?: number;
  empty?: ReactNode;
}) {
  return (
    <Table
      label="AI calls"
      columns={columns}
      list={list}
      skeletonRows={skeletonRows}
      rowKey={(row) => row.request_id}
      empty={empty}
    />
  );
}
