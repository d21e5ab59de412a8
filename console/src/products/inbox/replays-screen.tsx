import { Link, Outlet } from "@tanstack/react-router";
import { History } from "lucide-react";
import { lists, useList } from "../../api/queries.ts";
import type { Replay } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const TONES: Record<Replay["state"], Tone> = {
  preparing: "info",
  ready: "info",
  running: "accent",
  done: "ok",
  cancelled: "neutral",
};

export function ReplayState({ state }: { state: Replay["state"] }) {
  return (
    <Badge tone={TONES[state]} dot pulse={state === "running"}>
      {humanize(state)}
    </Badge>
  );
}

/** What was asked for, in words. */
export const filterText = ({ filter }: Pick<Replay, "filter">): string =>
  Object.entries(filter)
    .map(([name, value]) => `${humanize(name).toLowerCase()} ${value}`)
    .join(", ") || "every finished event";

export const endedOf = ({ progress }: Pick<Replay, "progress">): number =>
  progress.changed + progress.unchanged + progress.failed;

const columns: Column<Replay>[] = [
  {
    key: "filter",
    header: "Events",
    cell: (row) => (
      <Stacked note={`${formatInteger(endedOf(row))} of ${formatInteger(row.total)} done`}>
        {filterText(row)}
      </Stacked>
    ),
  },
  { key: "state", header: "State", width: "7.5rem", cell: (row) => <ReplayState state={row.state} /> },
  {
    key: "progress",
    header: "Done",
    width: "8rem",
    align: "right",
    from: "sm",
    cell: (row) => `${formatInteger(endedOf(row))} of ${formatInteger(row.total)}`,
  },
  {
    key: "changed",
    header: "Changed",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.progress.changed),
  },
  {
    key: "failed",
    header: "Failed",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.progress.failed),
  },
  {
    key: "created",
    header: "Made",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

export function ReplaysScreen() {
  const list = useList(lists.replays());
  return (
    <Page
      title="Replays"
      about="Many events applied again, 50 a second. What they would change is shown before any of them runs."
    >
      <Card>
        <Table
          label="Replays"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <Link
              to="/replays/$replayId"
              params={{ replayId: row.id }}
              className={className}
              aria-label={`${filterText(row)}, ${row.state}`}
            />
          )}
          empty={
            <Empty icon={<History className="size-5" />} title="No replays yet">
              Dead letters are replayed from their group; each replay is listed here.
            </Empty>
          }
        />
      </Card>
      <Outlet />
    </Page>
  );
}
