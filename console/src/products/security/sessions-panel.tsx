import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut, MonitorSmartphone } from "lucide-react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { asList, queries } from "../../api/queries.ts";
import type { SessionEntry } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const KINDS = { browser: "Browser", token: "API token", app: "App" } as const;

const columnsWith = (onEnd: (id: string) => void): Column<SessionEntry>[] => [
  {
    key: "device",
    header: "Device",
    cell: (row) => (
      <Stacked note={row.ip_masked}>
        <span className="flex flex-wrap items-center gap-2">
          {row.device}
          {row.current && <Badge tone="ok">This one</Badge>}
        </span>
      </Stacked>
    ),
  },
  { key: "kind", header: "Kind", width: "7rem", from: "md", cell: (row) => KINDS[row.kind] },
  { key: "since", header: "Since", width: "8rem", from: "sm", cell: (row) => <Time at={row.created_at} /> },
  { key: "seen", header: "Last seen", width: "8rem", cell: (row) => <Time at={row.last_seen_at} /> },
  {
    key: "end",
    header: <span className="sr-only">End</span>,
    width: "4rem",
    align: "right",
    cell: (row) =>
      row.current ? null : (
        <IconButton
          label={`End the session on ${row.device}`}
          className="relative hover:!text-bad"
          onClick={() => onEnd(row.id)}
        >
          <LogOut className="size-4" />
        </IconButton>
      ),
  },
];

/** Where the person is signed in. */
export function SessionsPanel() {
  const client = useQueryClient();
  const sessions = useQuery({
    ...queries.sessions(),
    // Apps have a card of their own.
    select: ({ data }) => ({ data: data.filter(({ kind }) => kind !== "app") }),
  });
  const settle = {
    onError: (error: Error) => toast.error(messageOf(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: ["sessions"] }),
  };
  const end = useMutation({
    mutationFn: api.endSession,
    onSuccess: () => toast.success("The session is over"),
    ...settle,
  });
  const endOthers = useMutation({
    mutationFn: api.endOtherSessions,
    onSuccess: ({ revoked }) =>
      toast.success(`Signed out in ${revoked} other ${revoked === 1 ? "place" : "places"}`),
    ...settle,
  });
  return (
    <Card>
      <CardHead
        title="Sessions"
        note="Where you are signed in. One that you do not know: end it and change your password."
        actions={
          <Button size="sm" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        }
      />
      <Table
        label="Sessions"
        columns={columnsWith((id) => end.mutate(id))}
        list={asList(sessions)}
        rowKey={(row) => row.id}
        skeletonRows={2}
        empty={<Empty icon={<MonitorSmartphone className="size-5" />} title="No sessions" />}
      />
    </Card>
  );
}
