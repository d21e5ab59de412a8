import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { MailCheck, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { asList, queries } from "../../api/queries.ts";
import type { DeadGroup } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { useIntent } from "../../lib/intent.ts";
import { Badge } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { DiscardDialog } from "./discard-dialog.tsx";

const columnsWith = (act: (row: DeadGroup, what: "replay" | "discard") => void): Column<DeadGroup>[] => [
  {
    key: "type",
    header: "Event",
    cell: (row) => (
      <Stacked note={row.error_code}>
        <code className="font-mono text-xs">{row.type}</code>
      </Stacked>
    ),
  },
  {
    key: "error",
    header: "Reason",
    width: "14rem",
    from: "sm",
    cell: (row) => <code className="text-xs text-bad">{row.error_code ?? "unknown"}</code>,
  },
  {
    key: "count",
    header: "Events",
    width: "5.5rem",
    align: "right",
    cell: (row) => <Badge tone="bad">{formatInteger(row.count)}</Badge>,
  },
  {
    key: "oldest",
    header: "Oldest",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.oldest_at} />,
  },
  {
    key: "acts",
    header: <span className="sr-only">Act</span>,
    width: "7rem",
    align: "right",
    cell: (row) => (
      <span className="relative inline-flex gap-1">
        <IconButton label={`Replay all ${row.type}`} onClick={() => act(row, "replay")}>
          <RotateCcw className="size-4" />
        </IconButton>
        <IconButton label={`Discard all ${row.type}`} onClick={() => act(row, "discard")}>
          <Trash2 className="size-4" />
        </IconButton>
      </span>
    ),
  },
];

export function DeadLettersScreen() {
  const list = asList(useQuery(queries.deadLetters()));
  const navigate = useNavigate();
  const intent = useIntent();
  const [discarding, setDiscarding] = useState<DeadGroup | null>(null);
  const replay = useMutation({
    mutationFn: (row: DeadGroup) =>
      api.createReplay(filterOf(row), intent.keyFor([filterOf(row), row.count, row.oldest_at])),
    onSuccess: async ({ id }) => {
      intent.done();
      await navigate({ to: "/replays/$replayId", params: { replayId: id } });
    },
    onError: (error) => void toast.error(messageOf(error)),
  });
  const columns = columnsWith((row, what) => (what === "replay" ? replay.mutate(row) : setDiscarding(row)));
  return (
    <Page
      title="Dead letters"
      about="Events that cannot be applied: a broken rule at once, a failing one after its last attempt. Fix the cause, then replay."
    >
      <Card>
        <Table
          label="Dead letters by reason"
          columns={columns}
          list={list}
          rowKey={(row) => `${row.type} ${row.error_code}`}
          renderLink={(row, className) => (
            <Link
              to="/inbox/$eventId"
              params={{ eventId: row.sample_event_id }}
              search={{ state: "dead" }}
              className={className}
              aria-label={`${row.type}: ${row.error_code ?? "unknown"}, ${row.count} events`}
            />
          )}
          empty={
            <Empty icon={<MailCheck className="size-5" />} title="No dead letters">
              Every event was applied or set aside for a reason.
            </Empty>
          }
        />
      </Card>
      {discarding && <DiscardDialog group={discarding} onClose={() => setDiscarding(null)} />}
    </Page>
  );
}

const filterOf = (row: DeadGroup) => ({
  state: "dead" as const,
  type: row.type,
  error_code: row.error_code ?? undefined,
});
