import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { messageOf } from "../../api/problem.ts";
import { useList } from "../../api/queries.ts";
import type { OpenHold } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Credits, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const columns = (ask: (row: OpenHold) => void, busy: string | null): Column<OpenHold>[] => [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <Stacked note={`${row.provider}, ${row.state}`}>
        <code className="font-mono text-xs">{row.model}</code>
      </Stacked>
    ),
  },
  { key: "provider", header: "Provider", width: "7rem", from: "sm", cell: (row) => row.provider },
  { key: "org", header: "Organization", width: "11rem", from: "lg", cell: (row) => <Id id={row.org_id} /> },
  {
    key: "state",
    header: "State",
    width: "7rem",
    from: "sm",
    cell: (row) => (
      <Badge tone={row.state === "open" ? "info" : "warn"} dot pulse={row.state === "open"}>
        {humanize(row.state)}
      </Badge>
    ),
  },
  {
    key: "held",
    header: "Held",
    width: "6rem",
    align: "right",
    from: "sm",
    cell: (row) => <Credits micros={row.held_micros} />,
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
    key: "next",
    header: "Looked after",
    width: "7.5rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.next_lookup_at} />,
  },
  {
    key: "act",
    header: <span className="sr-only">Act</span>,
    width: "6.5rem",
    align: "right",
    cell: (row) => (
      <Button
        size="sm"
        busy={busy === row.id}
        aria-label={`Ask ${row.provider} about the call of ${row.model} now`}
        onClick={() => ask(row)}
      >
        Ask now
      </Button>
    ),
  },
];

/** What is held for calls of all organizations that have not ended. */
export function HoldsScreen() {
  const client = useQueryClient();
  const list = useList(llmQueries.openHolds());
  const [busy, setBusy] = useState<string | null>(null);
  const ask = async ({ id }: OpenHold) => {
    setBusy(id);
    try {
      const { state } = await llm.reconcile(id);
      if (state === "reconciling") toast.info("The provider's books do not tell yet");
      else toast.success(humanize(state));
      await client.invalidateQueries({ queryKey: ["llm", "holds"] });
    } catch (error) {
      toast.error(messageOf(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <Page
      title="Open holds"
      about="Model calls of all organizations that are not settled, the oldest first. Each settles itself; here one can be asked about before its time. Refreshed every 5 seconds."
    >
      <Card>
        <Table
          label="Open holds"
          columns={columns((row) => void ask(row), busy)}
          list={list}
          rowKey={(row) => row.id}
          skeletonRows={3}
          empty={
            <Empty icon={<CircleCheck className="size-5" />} title="Nothing is held">
              Every call is settled.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}
