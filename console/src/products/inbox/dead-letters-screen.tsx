import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MailCheck } from "lucide-react";
import { asList, queries } from "../../api/queries.ts";
import type { DeadGroup } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const columns: Column<DeadGroup>[] = [
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
    cell: (row) => <Time at={row.oldest_at} />,
  },
];

export function DeadLettersScreen() {
  const list = asList(useQuery(queries.deadLetters()));
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
    </Page>
  );
}
