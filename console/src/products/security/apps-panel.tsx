import { useQuery, useQueryClient } from "@tanstack/react-query";
import { AppWindow, Unplug } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { asList, queries } from "../../api/queries.ts";
import type { SessionEntry } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const columnsWith = (onEnd: (app: SessionEntry) => void): Column<SessionEntry>[] => [
  {
    key: "app",
    header: "App",
    cell: (row) => (
      <span className="min-w-0">
        <span className="block truncate font-medium">{row.device}</span>
        <span className="block truncate text-xs text-text-3">{row.ip_masked}</span>
      </span>
    ),
  },
  { key: "since", header: "Let in", width: "8rem", from: "sm", cell: (row) => <Time at={row.created_at} /> },
  { key: "used", header: "Last used", width: "8rem", cell: (row) => <Time at={row.last_seen_at} /> },
  {
    key: "end",
    header: <span className="sr-only">End</span>,
    width: "4rem",
    align: "right",
    cell: (row) => (
      <IconButton label={`End ${row.device}`} className="relative hover:!text-bad" onClick={() => onEnd(row)}>
        <Unplug className="size-4" />
      </IconButton>
    ),
  },
];

/** Apps and devices that work as this person until they are ended. */
export function AppsPanel() {
  const client = useQueryClient();
  const [ending, setEnding] = useState<SessionEntry | null>(null);
  const sessions = useQuery(queries.sessions());
  const list = asList(sessions);
  const end = async (app: SessionEntry) => {
    await api.endSession(app.id);
    toast.success("Ended", { description: app.device });
    await client.invalidateQueries({ queryKey: ["sessions"] });
  };
  return (
    <Card>
      <CardHead
        title="Apps and devices"
        note="They work as you, within what you allowed, until you end them."
      />
      <Table
        label="Apps and devices"
        columns={columnsWith(setEnding)}
        list={{ ...list, rows: list.rows?.filter(({ kind }) => kind === "app") }}
        rowKey={(row) => row.id}
        skeletonRows={2}
        empty={
          <Empty icon={<AppWindow className="size-5" />} title="No app is let in">
            An editor or a device that you allow appears here.
          </Empty>
        }
      />
      {ending && (
        <Confirm
          open
          onOpenChange={(open) => !open && setEnding(null)}
          title={`End ${ending.device}?`}
          action="End"
          danger
          onConfirm={() => end(ending)}
        >
          It is signed out at once and has to ask you again.
        </Confirm>
      )}
    </Card>
  );
}
